"""A ResNet-18 that nobody taught, as the file an operator has; pictures that even it tells apart.

ImageNet's weights cannot be shipped, and are not needed: convolutions drawn at random already
answer one pair of colours otherwise than another.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file

from sandbox.engine import resnet

SIDE = 32


def tensors(*, seed: int = 0) -> dict[str, torch.Tensor]:
    """What torchvision's file of a ResNet-18 holds, of random numbers."""
    chance = torch.Generator().manual_seed(seed)
    found = {}
    for name, shape in resnet.shapes().items():
        drawn = torch.randn(shape, generator=chance)
        if len(shape) > 1:
            found[name] = drawn * (2 / np.prod(shape[1:])) ** 0.5
        elif name.endswith("running_var"):
            found[name] = 1 + drawn.abs()
        elif name.endswith("weight"):
            found[name] = 1 + 0.1 * drawn
        else:
            found[name] = 0.1 * drawn
    found["bn1.num_batches_tracked"] = torch.tensor(7)
    found["fc.weight"], found["fc.bias"] = torch.zeros(1000, 512), torch.zeros(1000)
    return found


def write(path: Path, **change: torch.Tensor) -> Path:
    """The file, with some tensors changed, whose dots are written as underscores twice."""
    save_file(tensors() | {name.replace("__", "."): one for name, one in change.items()}, path)
    return path


def speckled(kind: str, seed: int) -> np.ndarray:
    """Grey speckles with others over them, red against green (warm) or green against blue (cool).

    Neither edges nor mean colours tell them apart: the mean of the channels knows no kind.
    """
    chance = np.random.default_rng(seed)
    drawn = chance.normal(0, 1, (2, SIDE // 4, SIDE // 4))
    grey, colour = np.kron(drawn, np.ones((1, 4, 4))) * [[[10]], [[50]]]
    parts = np.array([1, -1, 0] if kind == "warm" else [0, 1, -1])
    picture = 128 + grey[..., None] + colour[..., None] * parts
    return np.asarray(np.clip(picture, 0, 255), dtype=np.uint8)


def archive(count: int, *, seed: int = 0, folders: bool = True) -> bytes:
    """A zip of so many pictures of each kind."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for number in range(count):
            for kind in ("warm", "cool"):
                picture = io.BytesIO()
                Image.fromarray(speckled(kind, seed + number)).save(picture, "PNG")
                name = f"{kind}/{number}.png" if folders else f"{kind}_{number}.png"
                packed.writestr(name, picture.getvalue())
    return file.getvalue()
