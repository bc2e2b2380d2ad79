"""A zip of pictures in, a model of pictures out; hostile pictures end in a sentence or are left."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from sandbox.engine import table
from sandbox.engine.problems import Problem
from sandbox.engine.table import pictures

from .conftest import RunJob


def png(pixels: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def striped(kind: str, seed: int) -> bytes:
    """Stripes up and down, or across, of any width and in any noise."""
    chance = np.random.default_rng(seed)
    wave = (np.arange(40) // chance.integers(2, 5)) % 2 * 120.0
    plane = np.tile(wave, (40, 1)) + chance.normal(60, 20, (40, 40))
    plane = plane if kind == "down" else plane.T
    return png(np.clip(plane, 0, 255).astype(np.uint8))


def archive(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in entries.items():
            packed.writestr(name, data)
    return file.getvalue()


def read(tmp_path: Path, entries: dict[str, bytes]) -> table.Table:
    (tmp_path / "t.zip").write_bytes(archive(entries))
    return table.read(tmp_path / "t.zip")


def test_pictures_are_told_apart_and_their_files_named(run_job: RunJob) -> None:
    learnt = {
        f"all/{kind}/{seed}.png": striped(kind, seed)
        for kind in ("down", "across")
        for seed in range(40)
    }
    unseen = {f"{kind}_{seed}.png": striped(kind, seed + 500) for kind in ("down", "across")
              for seed in range(5)}  # fmt: skip
    ended = run_job(
        {"t.zip": archive(learnt), "new.zip": archive(unseen)},
        job="train",
        file="t.zip",
        test="new.zip",
        spec="image_classification",
        target="label",
        seconds=20,
        seed=0,
        threads=2,
    )
    assert ended.code == 0, ended.stderr
    assert ended.result["test"]["score"] > 0.95
    predicted = pd.read_csv(ended.folder / "out" / "predictions.csv")
    assert sorted(predicted["file"]) == sorted(unseen)
    assert (predicted["prediction"] == predicted["file"].str.split("_").str[0]).mean() >= 0.9

    kept = {path.name: path.read_bytes() for path in (ended.folder / "out" / "model").iterdir()}
    again = run_job({"new.zip": archive(unseen), **kept}, job="predict", file="new.zip")
    pd.testing.assert_frame_equal(pd.read_csv(again.folder / "out" / "predictions.csv"), predicted)


def test_a_table_of_pictures_survives_its_canonical_copy(tmp_path: Path) -> None:
    found = read(tmp_path, {f"{kind}/1.png": striped(kind, 1) for kind in ("down", "across")})
    found.write(tmp_path / "t.parquet")
    again = table.read(tmp_path / "t.parquet")
    assert again.kinds == {"file": "identifier", "label": "category", "image": "image"}
    np.testing.assert_array_equal(
        pictures.pixels(again.frame["image"]), pictures.pixels(found.frame["image"])
    )


def bomb() -> bytes:
    """A PNG that says it is 60,000 pixels wide and high."""
    said = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + said
    return (
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    )


@pytest.mark.parametrize("broken", [b"", b"not a picture", bomb(), striped("down", 0)[:80]])
def test_what_cannot_be_read_is_left_out_and_counted(tmp_path: Path, broken: bytes) -> None:
    found = read(tmp_path, {"a/1.png": striped("down", 1), "a/2.png": broken, ".x/3.png": b"x"})
    assert found.frame["file"].tolist() == ["a/1.png"]
    assert [one["params"] for one in found.warnings] == [{"count": 1}]


def test_an_archive_without_a_readable_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem) as refused:
        read(tmp_path, {"a/1.png": b"x"})
    assert refused.value.code == "pictures_none"


def test_what_claims_to_be_pictures_in_a_parquet_file_is_refused() -> None:
    for cells in (["AAAA"], ["no base64!"], [None]):
        with pytest.raises(Problem):
            pictures.pixels(pd.Series(cells))
