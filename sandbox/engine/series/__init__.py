"""Time series: their rhythm, their season, and the grid they stand on."""

from .panel import Panel, read
from .rhythm import Rhythm

__all__ = ["Panel", "Rhythm", "read"]
