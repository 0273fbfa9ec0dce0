"""Carnet: what a coding agent sends, to whom, under which terms and for how long."""

from __future__ import annotations

__version__ = "0.1.0"
