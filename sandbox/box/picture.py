"""Checks drawings that come out of a box: pages show them, so they may only be looked at."""

from __future__ import annotations

import re
from xml.parsers import expat

SVG = "http://www.w3.org/2000/svg"
_GROUPS = {"svg", "g", "defs", "title", "desc", "use", "symbol", "marker", "mask", "clipPath"}
_FORMS = {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"}
_PAINTS = {"linearGradient", "radialGradient", "stop", "pattern"}
SHAPES = _GROUPS | _FORMS | _PAINTS
# A reference may only point into the drawing itself.
_ELSEWHERE = re.compile(r"url\(\s*(?!#)|\\|javascript:", re.IGNORECASE)


class _Harmful(Exception):  # noqa: N818 – a finding, not a fault
    pass


def is_harmless(data: bytes) -> bool:
    """Whether this is well-formed SVG of plain shapes: no script, no handler, nothing from outside.

    Uses the standard library's expat and refuses every DTD, so no entity is ever expanded.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.ProcessingInstructionHandler = _refuse
    parser.StartElementHandler = _look_at_element
    try:
        parser.Parse(data, True)  # noqa: FBT003 – expat's own signature
    except (expat.ExpatError, _Harmful, ValueError):
        return False
    return True


def _refuse(*_: object) -> None:
    raise _Harmful


def _look_at_element(name: str, attributes: dict[str, str]) -> None:
    space, _, local = name.rpartition(" ")
    if space != SVG or local not in SHAPES:
        raise _Harmful
    for key, value in attributes.items():
        plain = key.rpartition(" ")[2].lower()
        if plain.startswith("aria-"):
            continue  # words from the table, read aloud and never loaded
        leads_out = plain == "href" and not value.startswith("#")
        if plain.startswith("on") or leads_out or _ELSEWHERE.search(value):
            raise _Harmful
