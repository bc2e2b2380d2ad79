"""How much of a table the engine takes on; past these a file is refused in words."""

MAX_ROWS = 5_000_000
MAX_COLUMNS = 2_000
MAX_CELL = 100_000
"""Characters in one cell."""
MAX_BYTES = 1_000_000_000
"""Bytes of the file as uploaded, and of a workbook once unpacked."""
MAX_CELLS = 200_000_000
