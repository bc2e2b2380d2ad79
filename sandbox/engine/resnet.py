"""ResNet-18 (He et al. 2016) without its last layer: pictures as 512 numbers each.

Its weights were learnt elsewhere, as a rule from ImageNet, and stand in a safetensors file under
the names that torchvision gives them, so that published files are read as they are. It is never
taught here: batch normalisation is part of the convolutions before it. CPU and GPU by one code.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import clock, device
from .problems import LeftOut

if TYPE_CHECKING:
    import torch

WIDTHS = (64, 128, 256, 512)
"""Channels of the four stages; each has two blocks of two convolutions."""
MEASURES = WIDTHS[-1]
SIDE = 128
"""Pictures are enlarged to this many pixels a side.

The network learnt things some hundred pixels wide and looks at one place in 32: of our pictures,
which have 32 or 64 pixels, it would see 1 × 1 or 2 × 2 places. With 128 it sees 4 × 4; the 224 at
which it learnt take three times as long and add no detail that our pictures have.
"""
MEAN, SPREAD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue, from 0 to 1: what the weights expect to be taken off."""
EPSILON = 1e-5
BATCH = 32
PICKLES = (b"\x80", b"P")
"""How what `torch.save` writes begins: a pickle, or a zip that holds one."""


@dataclass
class ResNet:
    """The network with somebody's weights.

    `digest` is the SHA-256 of the file they came in, hexadecimal. `tensors` are what is kept, by
    torchvision's names; `layers` are weights and biases, float32, on the device that computes.
    """

    digest: str
    tensors: dict[str, torch.Tensor]
    layers: dict[str, tuple[torch.Tensor, torch.Tensor]]
    seen: dict[bytes, np.ndarray] = field(default_factory=dict)
    """The features of pictures that are asked for again and again, by what is in them."""

    def remember(self, x: np.ndarray, *, deadline: float) -> None:
        """Look at pictures once, for all the folds that they come in; LeftOut without time."""
        self.seen = dict(zip(map(_key, x), self.look(x, deadline=deadline), strict=True))

    def features(self, x: np.ndarray) -> np.ndarray:
        """Features of shape (rows, 512), float32, of pictures (rows, side, side, 3), uint8."""
        keys = [_key(one) for one in x]
        told = np.empty((len(x), MEASURES), np.float32)
        new = np.asarray([key not in self.seen for key in keys], dtype=bool)
        told[new] = self.look(x[new])
        for row in np.flatnonzero(~new):
            told[row] = self.seen[keys[row]]
        return told

    @device.used()
    def look(self, x: np.ndarray, *, deadline: float = math.inf) -> np.ndarray:
        """Features as above, computed; LeftOut as soon as it shows that the deadline will pass.

        The first batch is no measure of the others: it waits for the device and for memory.
        """
        import torch

        told, began = np.empty((len(x), MEASURES), np.float32), 0.0
        with torch.inference_mode():
            for place in range(0, len(x), BATCH):
                batch = x[place : place + BATCH]
                told[place : place + BATCH] = self._forward(_enlarged(batch)).cpu().numpy()
                now, done = clock.now(), place + len(batch)
                began = began or now
                pace = (now - began) / place if place else 0.0
                if done < len(x) and now + pace * (len(x) - done) > deadline:
                    raise LeftOut("no_time")
        return told

    def _forward(self, x: torch.Tensor) -> torch.Tensor:
        """Planes of shape (rows, 3, SIDE, SIDE) to features of shape (rows, 512)."""
        from torch.nn.functional import max_pool2d, relu

        x = max_pool2d(relu(self._convolved("conv1", x, stride=2)), 3, 2, 1)
        for block, stride in _blocks():
            inner = relu(self._convolved(f"{block}.conv1", x, stride=stride))
            inner = self._convolved(f"{block}.conv2", inner)
            if stride > 1:
                x = self._convolved(f"{block}.downsample.0", x, stride=stride)
            x = relu(inner + x)
        return x.mean((2, 3))

    def _convolved(self, name: str, x: torch.Tensor, *, stride: int = 1) -> torch.Tensor:
        from torch.nn.functional import conv2d

        weight, bias = self.layers[name]
        return conv2d(x, weight, bias, stride, padding=weight.shape[-1] // 2)

    def save(self, path: Path) -> None:
        """Write the weights as `read` takes them."""
        from safetensors.torch import save_file

        save_file(self.tensors, path)


def read(path: Path, *, digest: str = "") -> ResNet:
    """The network with the weights of a file; LeftOut with a code that says what is wrong with it.

    Convolutions are rounded to float16, half of what a kept model weighs, and before anything is
    learnt from them: so the model that was judged is the model that is kept. A `digest` is that
    of the file from which this one was made.
    """
    from safetensors import SafetensorError, safe_open

    digest = digest or sha256(path)
    _require_plain(path)
    try:
        with safe_open(path, "pt") as file:
            names, wanted = set(file.keys()), shapes()
            if not names >= set(wanted) or any(
                tuple(file.get_slice(name).get_shape()) != shape for name, shape in wanted.items()
            ):
                raise LeftOut("weights_foreign")
            tensors = {name: _rounded(file.get_tensor(name)) for name in wanted}
    except (SafetensorError, OSError) as error:
        raise LeftOut("weights_broken") from error
    return ResNet(digest, tensors, dict(_layers(tensors)))


def sha256(path: Path) -> str:
    """The file's SHA-256, hexadecimal; LeftOut where it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise LeftOut("weights_missing") from error


def shapes() -> dict[str, tuple[int, ...]]:
    """What a file must hold: the shape of each tensor by its name, the last layer left out."""
    found: dict[str, tuple[int, ...]] = {"conv1.weight": (WIDTHS[0], 3, 7, 7)}
    given = WIDTHS[0]
    for place, (block, stride) in enumerate(_blocks()):
        width = WIDTHS[place // 2]
        found[f"{block}.conv1.weight"] = (width, given, 3, 3)
        found[f"{block}.conv2.weight"] = (width, width, 3, 3)
        if stride > 1:
            found[f"{block}.downsample.0.weight"] = (width, given, 1, 1)
        given = width
    for name, (width, *_rest) in list(found.items()):
        for part in ("weight", "bias", "running_mean", "running_var"):
            found[f"{_norm(name.removesuffix('.weight'))}.{part}"] = (width,)
    return found


def _blocks() -> Iterator[tuple[str, int]]:
    """Each block's name, and the step at which it looks: every stage but the first halves."""
    for stage in range(len(WIDTHS)):
        for block in range(2):
            yield f"layer{stage + 1}.{block}", 2 if stage and not block else 1


def _norm(convolution: str) -> str:
    """The batch normalisation that follows a convolution, by its name."""
    if convolution.endswith("downsample.0"):
        return convolution.replace("downsample.0", "downsample.1")
    return convolution.replace("conv", "bn")


def _require_plain(path: Path) -> None:
    """LeftOut for an empty file, and for a pickle: it could run code, so none is ever opened."""
    with path.open("rb") as file:
        head = file.read(9)
    if not head:
        raise LeftOut("weights_missing")
    if head.startswith(PICKLES) and not head.endswith(b"{"):
        raise LeftOut("weights_pickle")


def _rounded(tensor: torch.Tensor) -> torch.Tensor:
    """Convolutions as float16; the few numbers of a normalisation, which may be tiny, as float32.

    What is too large for that becomes infinite, and is found with what was not finite before.
    """
    return tensor.half() if tensor.ndim > 1 else tensor.float()


def _layers(
    tensors: dict[str, torch.Tensor],
) -> Iterator[tuple[str, tuple[torch.Tensor, torch.Tensor]]]:
    """Each convolution with the normalisation after it in one: weight and bias; LeftOut for nan."""
    where = device.name()
    for name in [name for name, tensor in tensors.items() if tensor.ndim > 1]:
        convolution = name.removesuffix(".weight")
        norm = _norm(convolution)
        factor = tensors[f"{norm}.weight"] / (tensors[f"{norm}.running_var"] + EPSILON).sqrt()
        weight = tensors[name].float() * factor[:, None, None, None]
        bias = tensors[f"{norm}.bias"] - tensors[f"{norm}.running_mean"] * factor
        if not (weight.isfinite().all() and bias.isfinite().all()):
            raise LeftOut("weights_not_finite")
        yield convolution, (weight.to(where), bias.to(where))


def _enlarged(x: np.ndarray) -> Any:
    """Bytes of shape (rows, side, side, 3) as the planes that the network expects."""
    import torch

    where = device.name()
    planes = torch.from_numpy(np.ascontiguousarray(x)).to(where).permute(0, 3, 1, 2).float() / 255
    mean, spread = (torch.tensor(one, device=where)[:, None, None] for one in (MEAN, SPREAD))
    wide = torch.nn.functional.interpolate(planes, (SIDE, SIDE), mode="bilinear")
    return (wide - mean) / spread


def _key(picture: np.ndarray) -> bytes:
    return hashlib.blake2b(picture.tobytes(), digest_size=16).digest()
