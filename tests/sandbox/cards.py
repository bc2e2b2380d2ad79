"""A machine with GPUs as its driver's files tell of it, laid out where a test wants it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.box import gpus

VERSION = """\
NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.129.03  Thu Oct 19 18:56:32 UTC 2023
GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)
"""
IDENTITY = "GPU-5d1c2b3a-0000-1111-2222-33334444555{}"


def machine(
    root: Path, monkeypatch: pytest.MonkeyPatch, *, cards: int = 1, version: str = VERSION
) -> None:
    """Make this process believe that the machine has so many cards."""
    devices, driver = root / "dev", root / "driver"
    for folder in (devices, driver / "gpus"):
        folder.mkdir(parents=True)
    for name in ("null", "nvidiactl", "nvidia-uvm", "nvidia-modeset") if cards else ("null",):
        (devices / name).touch()
    if cards:
        (driver / "version").write_text(version)
    for index in range(cards):
        (devices / f"nvidia{index}").touch()
        # the folder is the slot's name, in an order of its own
        folder = driver / "gpus" / f"0000:{9 - index:02}:00.0"
        folder.mkdir()
        (folder / "information").write_text(
            f"Model: \t\t NVIDIA H{index}00 80GB HBM3\nIRQ:   \t\t 16\n"
            f"GPU UUID: \t {IDENTITY.format(index)}\nDevice Minor: \t {index}\n"
        )
    monkeypatch.setattr(gpus, "DEVICES", devices)
    monkeypatch.setattr(gpus, "DRIVER", driver)
