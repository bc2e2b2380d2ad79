"""How a training goes: `course` for every task type, `supervised` for tables with a target."""
