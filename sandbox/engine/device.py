"""The device that networks learn on: decided here alone, when the first of them asks.

That is the GPU where the job was lent one and CUDA starts. Otherwise it is the CPU, and the result
says so; nothing of torch is loaded before somebody asks.
"""

import sys
import threading
import time
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from .problems import Warned, warning

CPU, GPU = "cpu", "cuda"
"""torch's names for them."""
FASTER = 5.0
"""How many times as fast a GPU learns what is large, at the least: estimates of time go by it."""


class Device:
    """One for the process, which does one job."""

    def __init__(self) -> None:
        self.borrow({})

    def borrow(self, asked: Mapping[str, Any]) -> None:
        """Begin a new job, which says whether it was lent a GPU, and how much of its memory."""
        self._lock = threading.RLock()
        self._is_lent = asked.get("gpu") is True
        self._share = float(asked.get("gpu_share") or 1.0)
        self._driver = str(asked.get("gpu_driver") or "")
        self._name, self._because = "", ""
        self._users, self._since, self._seconds = 0, 0.0, 0.0

    def name(self) -> str:
        """The device as torch calls it, `cpu` or `cuda`."""
        if not self._is_lent:
            return CPU
        with self._lock:
            if not self._name:
                self._because = self._start()
                self._name = CPU if self._because else GPU
            return self._name

    @contextmanager
    def used(self, *, worthwhile: bool = True) -> Iterator[str]:
        """The device's name; on a GPU, the time until this ends counts as spent on it.

        What is not `worthwhile`, being too small for a GPU, is for the CPU.
        """
        name = self.name() if worthwhile else CPU
        if name == CPU:
            yield name
            return
        with self._lock:
            self._since = self._since if self._users else time.monotonic()
            self._users += 1
        try:
            yield name
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._seconds += time.monotonic() - self._since

    def faster(self) -> float:
        """What to divide by the seconds that learning would take on the CPU."""
        return FASTER if self._is_lent and not self._because else 1.0

    def facts(self) -> dict[str, Any]:
        """For the result: the device's name and, of a GPU, its driver, CUDA and the seconds."""
        if self._name != GPU:
            return {"name": CPU}
        import torch

        return {
            "name": torch.cuda.get_device_name(),
            "driver": self._driver,
            "cuda": torch.version.cuda,
            "seconds": round(self._seconds, 1),
        }

    def cautions(self) -> list[Warned]:
        """What to say where a network asked for the GPU that was lent and did not get it."""
        return [warning("cpu_instead", because=self._because)] if self._because else []

    def _start(self) -> str:
        """Start CUDA and keep to the share of its memory; why that cannot be, or nothing."""
        import torch

        if torch.version.cuda is None:
            return "cuda_missing"
        try:
            if not torch.cuda.is_available():
                return "gpu_unseen"
            torch.cuda.set_per_process_memory_fraction(self._share)
            torch.zeros(1, device=GPU).add_(1).cpu()
        except Exception:
            # whatever is wrong with a driver must not cost the run
            traceback.print_exc(file=sys.stderr)
            return "cuda_failed"
        torch.backends.cudnn.deterministic = True
        return ""


def is_full(error: Exception) -> bool:
    """Whether the device's memory was too small for what was tried."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(error, torch.OutOfMemoryError)


_device = Device()
borrow, name, used, faster = _device.borrow, _device.name, _device.used, _device.faster
facts, cautions = _device.facts, _device.cautions
