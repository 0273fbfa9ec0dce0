from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from carnet.errors import DamagedError
from carnet.model.record import Chunk, Form, Key, Lane, Session, record_id
from carnet.records.sealing import (
    Body,
    body_of,
    compressed,
    expanded,
    heading,
    listed,
    opened,
    plain,
    seal,
    squeezed,
    vouched,
)

if TYPE_CHECKING:
    from collections.abc import Callable

KEY, NONCE, UID, BELOW = b"k" * 32, b"n" * 12, b"u" * 12, b"b" * 12
SESSION = Session(3, 5, "session", "repository")
CREATED = datetime(2026, 4, 1, 9, 30, tzinfo=UTC)
LANE = Lane(
    *("exchange", "inference", "anthropic", "days30"),
    training=True,
    purposes=("service",),
    rules=("inference.consumer",),
)

datas = st.one_of(
    st.just(b""),
    st.binary(max_size=200),
    st.text(max_size=100).map(lambda text: text.encode("utf-8", "replace")),
    st.sampled_from([b"\0", b"null", b"{}", b'{"a": [1, 2.5, null]}', b"same words " * 400]),
)
bodies = st.lists(st.tuples(datas, st.sampled_from(Form)), min_size=1, max_size=8).map(
    lambda given: tuple(Body(record_id(UID, at), data, form) for at, (data, form) in enumerate(given))
)


def whole(members: tuple[Body, ...]) -> bytes:
    return plain(UID, [one.data for one in members], [one.form for one in members])


def sealed(members: tuple[Body, ...], base: bytes = b"", below: bytes = b"") -> tuple[Chunk, bytes]:
    text = whole(members)
    data = seal(AESGCM(KEY), NONCE, compressed(text, base), vouched(UID, SESSION, LANE, CREATED, below))
    size = len(text) - heading(len(members))
    return (
        Chunk(
            *(UID, Key(b"key", SESSION, 0), LANE, CREATED, CREATED + timedelta(days=30), below, 0),
            *(size, len(members), len(data), hashlib.sha256(data).digest()),
        ),
        data,
    )


WORDS = (Body(record_id(UID, 0), b"first words", Form.TEXT), Body(record_id(UID, 1), b"[2]", Form.JSON))


@given(bodies, st.one_of(st.just(b""), st.binary(min_size=1, max_size=3000)))
def test_bodies_come_back_as_they_came(members: tuple[Body, ...], base: bytes) -> None:
    chunk, data = sealed(members, base)
    text = opened(KEY, chunk, data, base)
    rows = listed(text)
    assert [row[0] for row in rows] == [one.id for one in members]
    assert tuple(body_of(text, *row) for row in rows) == members
    assert sum(row[2] for row in rows) == chunk.size


def test_many_bodies_and_none_are_told_apart() -> None:
    many = tuple(Body(record_id(UID, at), b"%d" % at, Form.BYTES) for at in range(2000))
    chunk, data = sealed(many)
    text = opened(KEY, chunk, data, b"")
    assert body_of(text, *listed(text)[1999]).data == b"1999"
    assert listed(plain(UID, [], [])) == []


@pytest.mark.parametrize("words", [1000, 10_000, 25_000, 100_000])
def test_a_long_body_is_small_beside_one_it_repeats(words: int) -> None:
    chance = Random(7)
    known = [hashlib.sha256(b"%d" % number).hexdigest()[: chance.randrange(2, 9)].encode() for number in range(3000)]
    base = b" ".join(chance.choice(known) for _ in range(words))
    text = base + b" and one more word"
    data = compressed(text, base)
    assert len(data) < 300
    assert expanded(data, base, len(text)) == text


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=60), max_size=5), st.binary(max_size=300))
def test_what_zstd_alone_makes_smaller_comes_back(parts: list[bytes], base: bytes) -> None:
    text = base[:50].join(parts)
    assert expanded(squeezed(text, base), base, len(text)) == text


def test_of_several_small_bodies_zstd_alone_leaves_less() -> None:
    chance = Random(3)
    bodies = [b'{"id":"%032x","words":"%b"}' % (chance.getrandbits(128), b"kept as it is, " * 30) for _ in range(16)]
    base, text = (plain(UID, some, [Form.JSON] * 8) for some in (bodies[:8], bodies[8:]))
    assert len(squeezed(text, base)) < len(compressed(text, base, heading(8)))


@settings(max_examples=60)
@given(st.data())
def test_a_flipped_bit_opens_nothing(choice: st.DataObject) -> None:
    chunk, data = sealed(WORDS)
    bit = choice.draw(st.integers(0, len(data) * 8 - 1))
    spoiled = bytearray(data)
    spoiled[bit // 8] ^= 1 << bit % 8
    with pytest.raises(DamagedError, match="its bytes are not the ones that were written"):
        opened(KEY, chunk, bytes(spoiled), b"")
    passed_off = replace(chunk, digest=hashlib.sha256(spoiled).digest())
    with pytest.raises(DamagedError, match="nothing of it is shown"):
        opened(KEY, passed_off, bytes(spoiled), b"")


@given(st.integers(0, 200))
def test_bytes_that_were_cut_off_open_nothing(size: int) -> None:
    chunk, data = sealed(WORDS)
    short = data[: min(size, len(data) - 1)]
    for one in (chunk, replace(chunk, length=len(short), digest=hashlib.sha256(short).digest())):
        with pytest.raises(DamagedError):
            opened(KEY, one, short, b"")


def test_another_key_opens_nothing() -> None:
    chunk, data = sealed(WORDS)
    with pytest.raises(DamagedError, match="its row or its key is not the one it was sealed with"):
        opened(b"x" * 32, chunk, data, b"")


CHANGED: dict[str, Callable[[Chunk], Chunk]] = {
    "uid": lambda one: replace(one, uid=b"v" * 12),
    "created": lambda one: replace(one, created=CREATED + timedelta(microseconds=1)),
    "base": lambda one: replace(one, base=BELOW),
    "organisation": lambda one: of(one, replace(SESSION, organisation=4)),
    "account": lambda one: of(one, replace(SESSION, account=6)),
    "session": lambda one: of(one, replace(SESSION, name="sessiom")),
    "repository": lambda one: of(one, replace(SESSION, repository="")),
    "end": lambda one: replace(one, expires=one.expires + timedelta(microseconds=1)),
    "kind": lambda one: replace(one, lane=replace(LANE, kind="transcript")),
    "flow": lambda one: replace(one, lane=replace(LANE, flow="feedback")),
    "provider": lambda one: replace(one, lane=replace(LANE, provider="")),
    "class": lambda one: replace(one, lane=replace(LANE, retention="years5")),
    "eligibility": lambda one: replace(one, lane=replace(LANE, training=False)),
    "purposes": lambda one: replace(one, lane=replace(LANE, purposes=("service", "training"))),
    "no purposes": lambda one: replace(one, lane=replace(LANE, purposes=())),
    "rules": lambda one: replace(one, lane=replace(LANE, rules=("inference.consent",))),
    "a rule for a purpose": lambda one: replace(one, lane=replace(LANE, purposes=LANE.rules, rules=LANE.purposes)),
}


def of(chunk: Chunk, session: Session) -> Chunk:
    return replace(chunk, key=replace(chunk.key, session=session))


@pytest.mark.parametrize("what", CHANGED)
def test_a_row_that_says_anything_else_opens_nothing(what: str) -> None:
    chunk, data = sealed(WORDS)
    with pytest.raises(DamagedError, match="nothing of it is shown"):
        opened(KEY, CHANGED[what](chunk), data, b"")


def test_what_may_change_later_is_not_in_the_seal() -> None:
    chunk, data = sealed(WORDS)
    moved = replace(chunk, expires=CREATED, object="bodies/days7/1", offset=9, depth=0)
    assert listed(opened(KEY, moved, data, b""))


@pytest.mark.parametrize("record", [record_id(b"v" * 12, 0), record_id(UID, 2), record_id(UID, 2**32 - 1), UID, b""])
def test_a_record_that_is_not_in_a_chunk_is_not_found_in_it(record: bytes) -> None:
    with pytest.raises(DamagedError, match="its row points to bytes that are not its own"):
        body_of(whole(WORDS), record, 0, len(WORDS[0].data))


@pytest.mark.parametrize("size", [0, 1, 1023, 1024, 1025, 100_000, (1 << 20) - 1, (1 << 20) + 1, 3 << 20])
def test_threads_that_compress_at_once_do_not_disturb_each_other(size: int) -> None:
    texts = [Random(number).randbytes(size // 9 + 1) * 9 for number in range(2)]
    with ThreadPoolExecutor(2) as threads:
        for text, data in zip(texts * 3, threads.map(lambda one: compressed(one, b""), texts * 3), strict=True):
            assert expanded(data, b"", len(text)) == text


names = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from('\0\x01"\\,[]'), max_size=6)
facts = st.tuples(st.integers(0, 3), st.integers(0, 3), names, names, names, names)


@given(facts, facts, st.binary(max_size=3), st.binary(max_size=3))
def test_no_two_stories_are_vouched_for_alike(
    one: tuple[object, ...], other: tuple[object, ...], b1: bytes, b2: bytes
) -> None:
    def told(facts: tuple[object, ...], base: bytes) -> bytes:
        session = Session(*facts[:4])  # type: ignore[arg-type]
        lane = replace(LANE, kind=str(facts[4]), flow=str(facts[5]))
        return vouched(UID, session, lane, CREATED, base)

    assert (told(one, b1) == told(other, b2)) == ((one, b1) == (other, b2))


def test_parts_that_run_into_each_other_are_told_apart() -> None:
    shifted = [Session(1, 1, "a\0b", ""), Session(1, 1, "a", "b\0"), Session(1, 1, "a", "b")]
    assert len({vouched(UID, one, LANE, CREATED, b"") for one in shifted}) == 3


def test_a_chunk_opens_against_the_one_it_was_compressed_against_and_no_other() -> None:
    right, wrong = (hashlib.shake_128(name).digest(5000) for name in (b"right", b"wrong"))
    members = (Body(record_id(UID, 0), right + b"more", Form.BYTES),)
    chunk, data = sealed(members, right, BELOW)
    assert listed(opened(KEY, chunk, data, right))
    # zstd itself would not notice: it gives back other bytes of the same length.
    assert expanded(compressed(whole(members), right), wrong, len(whole(members))) != whole(members)
    with pytest.raises(DamagedError, match="nothing of it is shown"):
        opened(KEY, replace(chunk, base=b"w" * 12), data, wrong)


@given(bodies, st.integers(-3, 3), st.integers(-3, 3))
def test_a_row_that_points_elsewhere_is_refused(members: tuple[Body, ...], start: int, size: int) -> None:
    text = whole(members)
    for id_, begin, length in listed(text):
        if (start, size) != (0, 0):
            with pytest.raises(DamagedError, match="its row points to bytes that are not its own"):
                body_of(text, id_, begin + start, length + size)
    with pytest.raises(DamagedError, match="its row points to bytes that are not its own"):
        body_of(text, record_id(UID, len(members)), 0, 0)


def test_a_fault_tells_nothing_of_a_body() -> None:
    with pytest.raises(DamagedError) as fault:
        body_of(whole(WORDS), WORDS[0].id, 1, 5)
    assert "words" not in str(fault.value)


@pytest.mark.parametrize("size", [0, 1, 37, 64, 65, 200])
def test_what_is_tiny_is_a_frame_of_zstd_as_well(size: int) -> None:
    text = bytes(range(size))
    frame = compressed(text, b"")
    assert len(frame) <= size + 20
    assert zstandard.get_frame_parameters(frame).content_size == size
    assert zstandard.ZstdDecompressor().decompress(frame) == text
    assert expanded(frame, b"", size) == text
