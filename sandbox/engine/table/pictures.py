"""Reads a zip of pictures, one folder for each class, as a table: file, label, image."""

import base64
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from sandbox.engine.problems import Problem, Warned, warning

from .limits import MAX_BYTES

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
MAX_PICTURES = 10_000
MAX_PICTURE = 30_000_000
"""Bytes of one picture, unpacked."""
MAX_PIXELS = 50_000_000
SIDES = (32, 64)
"""Pictures are kept square and this many pixels wide: the small side when all are that small."""
SAMPLED = 20


def holds(path: Path) -> bool:
    """Whether a zip holds pictures and is no workbook, which may hold some too."""
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" not in archive.namelist() and bool(entries(archive))
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The archive's pictures by their names, in order; folders and hidden files left out."""
    return [
        entry
        for entry in sorted(archive.infolist(), key=lambda one: one.filename)
        if entry.filename.lower().endswith(ENDINGS)
        and not entry.is_dir()
        and not any(part.startswith((".", "__")) for part in PurePosixPath(entry.filename).parts)
    ]


def read(path: Path) -> tuple[pd.DataFrame, dict[str, str], list[Warned]]:
    """The frame with columns file, label (where there are folders) and image, and their kinds.

    An image is base64 of side × side × 3 bytes, row by row, red, green, blue. Nothing is unpacked
    to disk. Problem `pictures_too_many` or `pictures_none` where it is no such archive.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            found = entries(archive)
            if len(found) > MAX_PICTURES or sum(one.file_size for one in found) > MAX_BYTES:
                raise Problem("pictures_too_many", count=len(found), limit=MAX_PICTURES)
            rows = list(_decoded(archive, found))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError):
        raise Problem("not_a_table", looks="zip") from None
    if not rows:
        raise Problem("pictures_none", count=len(found))
    frame = pd.DataFrame(rows, columns=["file", "label", "image"]).astype("str")
    kinds = {"file": "identifier", "label": "category", "image": "image"}
    if not any(frame["label"]):
        del frame["label"], kinds["label"]
    told = []
    if broken := len(found) - len(rows):
        told.append(warning("pictures_unreadable", count=broken))
    return frame, kinds, told


def pixels(column: pd.Series) -> np.ndarray:
    """Pictures of shape (rows, side, side, 3), uint8; Problem `not_a_table` for anything else."""
    try:
        raw = [np.frombuffer(base64.b64decode(text, validate=True), np.uint8) for text in column]
        stacked = np.stack(raw)
    except (ValueError, TypeError):
        raise Problem("not_a_table", looks="zip") from None
    side = round((stacked.shape[1] / 3) ** 0.5)
    if side not in SIDES or stacked.shape[1] != side * side * 3:
        raise Problem("not_a_table", looks="zip")
    return stacked.reshape(-1, side, side, 3)


def _decoded(
    archive: zipfile.ZipFile, found: list[zipfile.ZipInfo]
) -> Iterator[tuple[str, str, str]]:
    side = _side(archive, found)
    for entry in found:
        picture = _picture(archive, entry, side)
        if picture is None:
            continue
        place = PurePosixPath(entry.filename.replace("\\", "/"))
        yield str(place)[:200], place.parent.name[:100], base64.b64encode(picture).decode()


def _side(archive: zipfile.ZipFile, found: list[zipfile.ZipInfo]) -> int:
    """The side that a sample of the pictures needs."""
    from PIL import Image

    widths = []
    for entry in found[:: max(1, len(found) // SAMPLED)]:
        try:
            with archive.open(entry) as file, Image.open(file, formats=FORMATS) as image:
                widths.append(max(image.size))
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            continue
    return SIDES[0] if widths and float(np.median(widths)) <= 1.5 * SIDES[0] else SIDES[1]


def _picture(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, side: int) -> bytes | None:
    """The picture as side × side × 3 bytes; None where it cannot be read."""
    from PIL import Image, ImageOps

    if entry.file_size > MAX_PICTURE:
        return None
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with archive.open(entry) as file, Image.open(file, formats=FORMATS) as image:
                image.draft("RGB", (side, side))
                upright: Any = ImageOps.exif_transpose(image).convert("RGB")
                return bytes(upright.resize((side, side), Image.Resampling.BOX).tobytes())
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Warning):
        return None
