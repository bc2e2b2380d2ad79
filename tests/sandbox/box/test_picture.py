"""Drawings from a box may only be looked at."""

from __future__ import annotations

import pytest

from sandbox.box import picture

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'

HARMFUL = {
    "a script": f"{OPEN}<script>alert(1)</script></svg>",
    "a script of another name space": f'{OPEN}<x:script xmlns:x="http://www.w3.org/1999/xhtml"/></svg>',
    "foreign content": f"{OPEN}<foreignObject><p/></foreignObject></svg>",
    "a handler": f'{OPEN}<rect onload="alert(1)"/></svg>',
    "a picture from elsewhere": f'{OPEN}<image href="https://example.com/a.png"/></svg>',
    "a reference to elsewhere": f'{OPEN}<use xlink:href="https://example.com/a.svg#a"/></svg>',
    "a link": f'{OPEN}<a href="javascript:alert(1)"><text>x</text></a></svg>',
    "paint from elsewhere": f'{OPEN}<rect fill="url(https://example.com/a#b)"/></svg>',
    "hidden paint": f'{OPEN}<rect style="fill:u\\72l(https://example.com/a)"/></svg>',
    "a style sheet": f"{OPEN}<style>@import url(https://example.com/a.css)</style></svg>",
    "an animation": f'{OPEN}<rect><set attributeName="href" to="x"/></rect></svg>',
    "an entity": f'<!DOCTYPE svg [<!ENTITY a "b">]>{OPEN}<text>&a;</text></svg>',
    "an instruction": f'<?xml-stylesheet href="https://example.com/a.css"?>{OPEN}</svg>',
    "a page": "<html><body/></html>",
    "half a drawing": OPEN,
    "no drawing": "",
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_drawing_that_could_do_more_is_refused(name: str) -> None:
    assert not picture.is_harmless(HARMFUL[name].encode())


def test_plain_shapes_and_peoples_words_are_fine() -> None:
    drawing = f"""{OPEN}<defs><clipPath id="c"><path d="M0 0h1v1z"/></clipPath></defs>
    <g clip-path="url(#c)"><text aria-label="url(https://x)">javascript: 顧客 &lt;b&gt;</text>
    <use href="#c"/></g></svg>"""
    assert picture.is_harmless(drawing.encode())
