"""What a job needs of this machine to compute on a GPU, and how it is told which one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

DRIVER = "/proc/driver/nvidia"
SHARED = ("/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools")


def nodes(index: int) -> tuple[str, ...]:
    """The device nodes of one GPU, by its number on this machine; those of others stay out."""
    return (f"/dev/nvidia{index}", *SHARED)


def visible(index: int | None) -> str:
    """CUDA_VISIBLE_DEVICES for a job: the GPU's own id, since a box counts what it sees from 0."""
    if index is None:
        return ""
    for told in Path(DRIVER).glob("gpus/*/information"):
        with suppress(OSError):
            lines = (line.partition(":") for line in told.read_text().splitlines())
            said = {name.strip(): value.strip() for name, _, value in lines}
            if said.get("Device Minor") == str(index) and "GPU UUID" in said:
                return said["GPU UUID"]
    return str(index)
