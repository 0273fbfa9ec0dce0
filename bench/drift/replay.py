"""Replays the bundled history of data-usage with only the rules known at each moment."""
