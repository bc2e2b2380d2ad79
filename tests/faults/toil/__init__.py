"""A kind of job for tests alone: it sleeps, and leaves one effect behind that can be counted."""
