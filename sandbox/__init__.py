"""Models trained behind a wall: data sets, runs, the box, the engine."""
