"""Roots are those of RFC 6962; proofs prove what they should and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.records.log import merkle

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAVES = [
    merkle.leaf_hash(bytes.fromhex(entry))
    for entry in (
        *("", "00", "10", "2021", "3031", "40414243", "5051525354555657"),
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Roots of the first 0 to 8 leaves: the vectors of Certificate Transparency."""

MANY = [merkle.leaf_hash(b"%d" % number) for number in range(70)]


def subtree(level: int, index: int) -> bytes:
    row = MANY[index << level : (index + 1) << level]
    assert len(row) == 1 << level, "only complete subtrees are asked for"
    return merkle.root(row)


def by_the_book(hashes: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, as it is written there."""
    if len(hashes) < 2:
        return hashes[0] if hashes else merkle.EMPTY_ROOT
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return merkle.node_hash(by_the_book(hashes[:split]), by_the_book(hashes[split:]))


def flipped(value: bytes, bit: int) -> bytes:
    at = bit % (len(value) * 8)
    return (int.from_bytes(value, "big") ^ (1 << at)).to_bytes(len(value), "big")


@pytest.mark.parametrize("size", range(9))
def test_the_known_trees_have_the_known_roots(size: int) -> None:
    assert merkle.root(LEAVES[:size]).hex() == ROOTS[size]


def test_a_known_leaf_has_the_known_proof() -> None:
    proof = merkle.inclusion_proof(
        0, 8, lambda level, index: merkle.root(LEAVES[index << level : (index + 1) << level])
    )
    assert [each.hex() for each in proof] == [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ]


@pytest.mark.parametrize("size", range(len(MANY) + 1))
def test_a_root_is_the_one_of_the_book_however_it_is_made(size: int) -> None:
    assert merkle.root(MANY[:size]) == merkle.root_at(size, subtree) == by_the_book(MANY[:size])


@pytest.mark.parametrize("size", range(1, len(MANY) + 1))
def test_every_leaf_of_every_tree_is_proved_with_few_hashes(size: int) -> None:
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, subtree)
        assert len(proof) <= (size - 1).bit_length()
        assert merkle.verify_inclusion(MANY[index], index, size, proof, merkle.root(MANY[:size]))


@pytest.mark.parametrize("size", range(len(MANY) + 1))
def test_every_tree_is_proved_to_begin_with_every_smaller_one(size: int) -> None:
    for old in range(size + 1):
        proof = merkle.consistency_proof(old, size, subtree)
        assert len(proof) <= size.bit_length() + 1
        assert merkle.verify_consistency(old, size, merkle.root(MANY[:old]), merkle.root(MANY[:size]), proof)


@given(st.data())
def test_one_flipped_bit_and_a_leaf_is_not_proved(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(MANY)))
    index = data.draw(st.integers(0, size - 1))
    told = [MANY[index], merkle.root(MANY[:size]), *merkle.inclusion_proof(index, size, subtree)]
    at = data.draw(st.integers(0, len(told) - 1))
    told[at] = flipped(told[at], data.draw(st.integers(0, 255)))

    leaf, root, *proof = told
    assert not merkle.verify_inclusion(leaf, index, size, proof, root)


@given(st.data())
def test_one_flipped_bit_and_no_tree_begins_with_another(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(MANY)))
    old = data.draw(st.integers(1, size))
    told = [merkle.root(MANY[:old]), merkle.root(MANY[:size]), *merkle.consistency_proof(old, size, subtree)]
    at = data.draw(st.integers(0, len(told) - 1))
    told[at] = flipped(told[at], data.draw(st.integers(0, 255)))

    old_root, root, *proof = told
    assert not merkle.verify_consistency(old, size, old_root, root, proof)


@given(st.data())
def test_a_proof_is_of_one_place_only(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, len(MANY)))
    index, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    proof = merkle.inclusion_proof(index, size, subtree)

    assert not merkle.verify_inclusion(MANY[index], other, size, proof, merkle.root(MANY[:size]))


@given(st.data())
def test_a_proof_with_a_hash_more_or_less_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, len(MANY)))
    old = data.draw(st.integers(1, size - 1))
    root = merkle.root(MANY[:size])
    inclusion = merkle.inclusion_proof(old, size, subtree)
    consistency = merkle.consistency_proof(old, size, subtree)
    for change in (lambda proof: proof[:-1], lambda proof: [*proof, bytes(32)], lambda proof: [bytes(32), *proof]):
        assert not merkle.verify_inclusion(MANY[old], old, size, change(inclusion), root)
        assert not merkle.verify_consistency(old, size, merkle.root(MANY[:old]), root, change(consistency))


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0), (9, 3)])
def test_a_leaf_outside_the_tree_is_not_proved(index: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"leaf {index} is not in a tree of {size}"):
        merkle.inclusion_proof(index, size, subtree)
    assert not merkle.verify_inclusion(MANY[0], index, size, [], MANY[0])


@pytest.mark.parametrize(("old", "size"), [(-1, 3), (4, 3)])
def test_a_tree_does_not_begin_with_a_larger_one(old: int, size: int) -> None:
    with pytest.raises(ValueError, match=f"a tree of {size} does not begin with one of {old}"):
        merkle.consistency_proof(old, size, subtree)
    assert not merkle.verify_consistency(old, size, MANY[0], MANY[1], [MANY[2]])


def test_equal_sizes_want_equal_roots() -> None:
    assert merkle.verify_consistency(3, 3, MANY[0], MANY[0], [])
    assert not merkle.verify_consistency(3, 3, MANY[0], MANY[1], [])
    assert not merkle.verify_consistency(3, 3, MANY[0], MANY[0], [MANY[1]])


def test_every_tree_begins_with_the_empty_one_and_no_other_of_that_size() -> None:
    assert merkle.verify_consistency(0, 3, merkle.EMPTY_ROOT, MANY[0], [])
    assert not merkle.verify_consistency(0, 3, MANY[1], MANY[0], [])


def test_what_is_no_hash_proves_nothing() -> None:
    root = merkle.root(MANY[:2])
    assert not merkle.verify_inclusion(MANY[0] + MANY[1][:1], 0, 2, [MANY[1][1:]], root)
    assert not merkle.verify_consistency(1, 2, MANY[0] + MANY[1][:1], root, [MANY[1][1:]])
