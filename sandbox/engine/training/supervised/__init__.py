"""Training on a table with a target column: folds predict each other, the test is met once."""

from .course import TableCourse, begin

__all__ = ["TableCourse", "begin"]
