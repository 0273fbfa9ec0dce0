"""Where it is kept: one contract, and its implementations."""
