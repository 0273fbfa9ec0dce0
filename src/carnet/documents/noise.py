"""Noise: changes of a text that change nothing of what it says, and orders to agents that say too much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.documents.layout import canonical_sequence, layout

if TYPE_CHECKING:
    from collections.abc import Sequence

    from carnet.documents.blocks import Block


def cosmetic(old: bytes, new: bytes) -> bool:
    """True when both texts have the same canonical sentences and headings in the same order.

    Link targets, image addresses, emphasis, padding, banners, comments and white space do not count;
    words, digits, case and order do.
    """
    return old == new or say_the_same(layout(old), layout(new))


def say_the_same(old: Sequence[Block], new: Sequence[Block]) -> bool:
    """`cosmetic` for texts already laid out."""
    return canonical_sequence(old) == canonical_sequence(new)


def carries_instructions(text: bytes) -> bool:
    """True when a text holds a block, a hidden comment or a sentence that gives a reader's agent orders."""
    return gives_orders(layout(text))


def gives_orders(blocks: Sequence[Block]) -> bool:
    """`carries_instructions` for a text already laid out."""
    return any(block.orders for block in blocks)
