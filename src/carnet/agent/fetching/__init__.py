"""Fetching pages as a careful agent does: asked for first, by address rules, to public addresses only."""
