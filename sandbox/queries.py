"""Reads for pages, the API and reports: a run's drawings, the samples, how much is waiting."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import IO

from django.conf import settings

from sandbox import store
from sandbox.models import Prediction, Run, Status, queues
from sandbox.samples import SAMPLES, Sample

# The drawings use the light colours of the design tokens; these are their partners in the dark.
DARK = {
    "#1c2430": "#e9edf1",
    "#505b69": "#a9b4c0",
    "#ddd8cc": "#343d47",
    "#1f5f6b": "#7cc4cf",
    "#a8431a": "#f0a27c",
}
_LIGHT = re.compile("|".join(DARK), re.IGNORECASE)


def chart(run: Run, name: str, language: str, theme: str = "light") -> bytes:
    """One drawing of a run as SVG; FileNotFoundError when the run has none of this name."""
    known = name in run.result.get("charts", ()) and language in dict(settings.LANGUAGES)
    if not (known and run.files):
        raise FileNotFoundError(name)
    drawing = store.read(f"{run.files}/charts/{name}.{language}.svg")
    return in_the_dark(drawing) if theme == "dark" else drawing


def in_the_dark(drawing: bytes) -> bytes:
    """The same drawing for dark pages."""
    swapped = _LIGHT.sub(lambda found: DARK[found[0].lower()], drawing.decode("utf-8"))
    return swapped.encode()


def predictions(prediction: Prediction) -> IO[bytes]:
    """The predictions of a table, open for reading; FileNotFoundError when there are none."""
    if not (prediction.has_succeeded and prediction.output):
        raise FileNotFoundError(prediction.pk)
    return store.open_file(prediction.output)


@dataclass(frozen=True)
class Usage:
    """How many bytes somebody keeps, of how many; without a limit `most` is 0."""

    used: int
    most: int

    @property
    def percent(self) -> int:
        """How full it is, from 0 to 100."""
        return min(100, round(100 * self.used / self.most)) if self.most else 0


def usage(tenant: str) -> Usage:
    """What somebody's files take, as they lie there; what belongs to nobody has no limit."""
    return Usage(store.used(tenant), settings.TENANT_BYTES if tenant else 0)


def samples() -> list[Sample]:
    """The tables that ship with the product."""
    return list(SAMPLES.values())


def waiting() -> dict[str, int]:
    """How many jobs of each kind wait for a worker, for the operator."""
    return {
        rows.model.__name__.lower(): rows.filter(status=Status.QUEUED).count() for rows in queues()
    }
