"""What the fields of a typed row begin with."""

from __future__ import annotations

import pytest

from planner.queries import uses


@pytest.mark.parametrize(
    ("least", "most", "said"),
    [
        (0.0002148, 16.9, "0 – 16.9"),
        (1300, 215_245, "1300 – 215245"),
        (1872, 2010, "1872 – 2010"),
        (-2.746, 2.968, "-2.75 – 2.97"),
        (5, 5, "5 – 5"),
    ],
)
def test_bounds_are_no_finer_than_their_width(least: float, most: float, said: str) -> None:
    assert uses._bounds(least, most) == said


def test_no_field_begins_with_an_exponent() -> None:
    assert uses._typed(1_234_567.0) == "1234567"
    assert uses._typed(0.5) == "0.5"
