"""The Merkle tree of RFC 6962 and RFC 9162: hashes, roots, proofs and how proofs are checked.

A tree is asked for its complete subtrees by (level, index): level 0 are the leaves,
and subtree (l, i) covers the leaves from `i << l` to `(i + 1) << l`. No proof needs more than a few of them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Subtree: TypeAlias = Callable[[int, int], bytes]

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256().digest()


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """The root over hashes that stand side by side."""
    row = list(hashes) or [EMPTY_ROOT]
    while len(row) > 1:
        # The last of an odd row goes up as it is: the same tree as one split at the largest power of two.
        pairs = zip(row[::2], row[1::2], strict=False)
        row = [node_hash(*pair) for pair in pairs] + row[len(row) & ~1 :]
    return row[0]


def root_at(size: int, subtree: Subtree) -> bytes:
    """The root of a tree's first `size` leaves."""
    return _range(0, size, subtree) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, subtree: Subtree) -> list[bytes]:
    """What leads from a leaf to the root. RFC 9162, 2.1.3.1."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    proof, start, stop = list[bytes](), 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            proof.append(_range(middle, stop, subtree))
            stop = middle
        else:
            proof.append(_range(start, middle, subtree))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, size: int, subtree: Subtree) -> list[bytes]:
    """What shows that a tree begins with an older one. RFC 9162, 2.1.4.1."""
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} does not begin with one of {old}")
    proof, start, stop = list[bytes](), 0, size if old else 0
    while stop != old:
        middle = start + _split(stop - start)
        if old <= middle:
            proof.append(_range(middle, stop, subtree))
            stop = middle
        else:
            proof.append(_range(start, middle, subtree))
            start = middle
    if start:
        proof.append(_range(start, stop, subtree))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether a leaf hash stands at an index of the tree with this root. RFC 9162, 2.1.3.2."""
    if not 0 <= index < size or not _are_hashes(leaf, *proof):
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if not last:
            return False
        at, last, is_right = _up(at, last)
        found = node_hash(sibling, found) if is_right else node_hash(found, sibling)
    return not last and found == root


def verify_consistency(old: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree with this root begins with the older one. RFC 9162, 2.1.4.2."""
    if old == size:
        return not proof and old_root == root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT and size > 0
    if not (0 < old < size and proof) or not _are_hashes(old_root, *proof):
        return False
    whole = (old & -old).bit_length() - 1
    # A tree that is one complete subtree is a node of the newer one: its root need not be told.
    first, *rest = [old_root, *proof] if old == 1 << whole else proof
    at, last, older, newer = (old - 1) >> whole, (size - 1) >> whole, first, first
    for sibling in rest:
        if not last:
            return False
        at, last, is_right = _up(at, last)
        older = node_hash(sibling, older) if is_right else older
        newer = node_hash(sibling, newer) if is_right else node_hash(newer, sibling)
    return not last and older == old_root and newer == root


def _up(at: int, last: int) -> tuple[int, int, bool]:
    """One step up: the node's place, the last place of its row, and whether the sibling is on the left."""
    is_right = bool(at & 1) or at == last
    while is_right and at and not at & 1:
        at, last = at >> 1, last >> 1
    return at >> 1, last >> 1, is_right


def _are_hashes(*values: bytes) -> bool:
    return all(len(value) == HASH_SIZE for value in values)


def _split(count: int) -> int:
    """The largest power of two below a count."""
    return 1 << (count - 1).bit_length() - 1


def _range(start: int, stop: int, subtree: Subtree) -> bytes:
    """The hash of a range that begins where a subtree at least as large does."""
    hashes = list[bytes]()
    while start < stop:
        level = (stop - start).bit_length() - 1
        hashes.append(subtree(level, start >> level))
        start += 1 << level
    found = hashes.pop()
    while hashes:
        found = node_hash(hashes.pop(), found)
    return found
