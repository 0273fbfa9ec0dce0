"""Noise: changes of a text that change nothing of what it says."""

from __future__ import annotations

from carnet.documents.layout import canonical_sequence


def cosmetic(old: bytes, new: bytes) -> bool:
    """True when both texts have the same canonical sentences and headings in the same order.

    Link targets, image addresses, emphasis, padding, banners, comments and white space do not count;
    words, digits, case and order do.
    """
    return old == new or canonical_sequence(old) == canonical_sequence(new)
