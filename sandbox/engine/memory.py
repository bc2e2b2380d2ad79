"""Memory that is free, but not yet the machine's again."""

import ctypes
import gc
from contextlib import suppress


def give_back() -> None:
    """Let go of what nothing holds any more, down to the machine where the C library is glibc.

    Its heap keeps what lies free between two pieces in use: after a few learners, as much as the
    largest of them took.
    """
    gc.collect()
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
