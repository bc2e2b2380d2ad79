"""Memory that is free, but not yet the machine's again."""

import ctypes
import gc
from contextlib import suppress


def settle() -> None:
    """What is imported lives as long as the process: the collector need not look at it again."""
    gc.freeze()


def give_back() -> None:
    """Return what has been learnt from, before more is asked for; without glibc, to Python alone.

    Its heap keeps what is free between two pieces in use, which after a few learners is as much as
    the largest of them takes.
    """
    gc.collect()
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
