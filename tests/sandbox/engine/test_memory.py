"""Memory that learners have freed goes back to the machine."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import numpy as np
import pytest

from sandbox.engine import memory

PIECES, SIZE = 20_000, 2_000


def held() -> int:
    """Bytes of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.skipif(sys.platform != "linux", reason="asks the kernel, and glibc")
def test_what_lies_free_between_pieces_in_use_is_given_back() -> None:
    pieces = [np.ones(SIZE, np.uint8) for _ in range(PIECES)]
    kept = pieces[::50]
    ring: list[object] = [np.ones(PIECES * SIZE // 10, np.uint8)]
    ring.append(ring)  # only the collector finds it
    full = held()
    del pieces, ring
    memory.give_back()
    assert full - held() > PIECES * SIZE / 2
    assert all(piece.all() for piece in kept)
