"""Checks of any gateway that claims to speak the Messages format: what it passes on, and what it does to it."""
