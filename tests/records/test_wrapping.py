from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from carnet.records.wrapping import KEY_BYTES, NONCE_BYTES, combined, epoch_of, unwrap, wrap

keys = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
nonces = st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES)
epochs = st.integers(0, 2**32 - 1)
names = st.text(max_size=40)

BY, KEY, NONCE = b"b" * 32, b"k" * 32, b"n" * 12


@given(keys, keys, names, epochs, nonces)
def test_a_wrapped_key_comes_back_as_itself(by: bytes, key: bytes, what: str, epoch: int, nonce: bytes) -> None:
    wrapped = wrap(by, key, what, epoch, nonce)
    assert len(wrapped) == 64
    assert epoch_of(wrapped) == epoch
    assert unwrap(by, wrapped, what) == key
    assert key not in wrapped


@given(names, names)
def test_it_opens_as_no_other_key(what: str, other: str) -> None:
    wrapped = wrap(BY, KEY, what, 3, NONCE)
    assert (unwrap(BY, wrapped, other) == KEY) == (what == other)


@given(keys)
def test_it_opens_by_no_other_key(other: bytes) -> None:
    wrapped = wrap(BY, KEY, "organisation 1 1", 1, NONCE)
    assert (unwrap(other, wrapped, "organisation 1 1") == KEY) == (other == BY)


@given(st.integers(0, 64 * 8 - 1))
def test_a_flipped_bit_opens_nothing(bit: int) -> None:
    wrapped = bytearray(wrap(BY, KEY, "partition days30-2026-05-01", 0, NONCE))
    wrapped[bit // 8] ^= 1 << bit % 8
    assert unwrap(BY, bytes(wrapped), "partition days30-2026-05-01") is None


def test_an_epoch_cannot_be_passed_off_as_another() -> None:
    second = wrap(BY, KEY, "organisation 1 2", 2, NONCE)
    assert unwrap(BY, b"\0\0\0\1" + second[4:], "organisation 1 2") is None
    assert unwrap(BY, second, "organisation 1 1") is None
    assert unwrap(BY, second, "organisation 12 ") is None


@given(keys, keys)
def test_keys_of_sessions_need_the_organisations_and_the_partitions_secret(organisation: bytes, other: bytes) -> None:
    found = combined(organisation, BY)
    assert len(found) == KEY_BYTES
    assert found not in {organisation, BY}
    assert (combined(other, BY) == found) == (other == organisation)
    assert (combined(organisation, other) == found) == (other == BY)


def test_which_secret_is_which_matters() -> None:
    assert combined(KEY, BY) != combined(BY, KEY)
