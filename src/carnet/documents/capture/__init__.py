"""Fetching documents: guarded, polite, and careful about what counts as a change."""
