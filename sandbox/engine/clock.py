"""The clock that every deadline is told by: it can jump to the end of the time there is to learn.

That is how people say that they have seen enough. Deadlines given before are over at once, those
given afterwards have what is left, and whoever keeps a deadline need not know why it came early.
How long something took is measured on `time.monotonic`, which never jumps.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY = 0.1
"""Seconds between two looks at whether somebody has seen enough: a look costs more than a round."""


class Clock:
    """One for the process, which does one job."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> float:
        """Go with the world's clock, for a new job; what time it is."""
        self._spared, self._ahead, self._looked_at = _nothing, 0.0, 0.0
        return time.monotonic()

    def now(self) -> float:
        """Seconds, on `time.monotonic`'s scale, with what was jumped."""
        moment = time.monotonic()
        if not self._ahead and moment - self._looked_at > EVERY:
            self._looked_at = moment
            self._ahead = self._spared()
        return moment + self._ahead

    @contextmanager
    def spared_by(self, spared: Callable[[], float]) -> Iterator[None]:
        """Meanwhile, jump once by the seconds that this says are not needed any more."""
        self._spared = spared
        try:
            yield
        finally:
            self._spared = _nothing


def _nothing() -> float:
    return 0.0


_clock = Clock()
start, now, spared_by = _clock.start, _clock.now, _clock.spared_by
