"""The credits page: whose work this stands on, under which licence."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from planner.knowledge import SOURCES
from sandbox.samples import SAMPLES


@require_safe
def licences(request: HttpRequest) -> HttpResponse:
    """Name every source of content and data, for anybody who wants to use it elsewhere."""
    language = (get_language() or "en")[:2]
    samples = [(sample.title(language), sample) for sample in SAMPLES.values()]
    return render(
        request, "planner/credits.html", {"sources": SOURCES.values(), "samples": samples}
    )
