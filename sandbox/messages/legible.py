"""Names that strangers give – to files, to themselves – as people may see them."""

from __future__ import annotations

import unicodedata

# Controls, what is invisible or turns the direction round, halves of characters, no characters.
HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Marks on one letter: more than these run over the lines above and below.
MARKS = 3


def legible(text: str, *, most: int, form: str = "NFC") -> str:
    """The text in one line with nothing in it that hides, reverses or runs over; cut at `most`.

    `form` is NFKC where look-alikes of one letter – full width, circled – are to be one.
    """
    kept: list[str] = []
    marks = 0
    for letter in unicodedata.normalize(form, text):  # type: ignore[arg-type]
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if letter.isspace():
            kept.append(" ")
        elif kind not in HIDDEN and marks <= MARKS:
            kept.append(letter)
    return " ".join("".join(kept).split())[:most].strip()
