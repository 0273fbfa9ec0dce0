"""Station 7: what we keep, for how long, and the log that proves what became of it."""
