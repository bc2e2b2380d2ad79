"""Numbers written into words for people: short, and never with an exponent they would not write."""

DIGITS = 4
WHOLE = 10**DIGITS


def short(value: float) -> str:
    """Four digits that count, whole numbers in full: 0.01235, 12.35, 507300."""
    if abs(value) >= WHOLE:
        return f"{value:.0f}"
    return f"{value:.{DIGITS}g}"


def signed(value: float) -> str:
    """A distance with its sign and one decimal; what rounds to nothing has no minus."""
    return f"{round(value, 1) + 0.0:+.1f}"
