"""A note is opened when the asked-for key signed exactly this text, and refused with a reason otherwise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carnet.records.log.note import SignatureError, Signer, open_note, parse, read_verifier, sign

from .logs import KEY, OTHER, SIGNER

TEXT = "one line\n\nand, after an empty one, zwölf more\n"
NOTE = sign(TEXT, SIGNER)


def test_a_note_says_what_was_signed() -> None:
    assert open_note(NOTE, SIGNER.verifier) == TEXT


def test_signing_the_same_gives_the_same_bytes() -> None:
    assert sign(TEXT, SIGNER) == NOTE


def test_a_verifier_key_is_read_as_it_was_written() -> None:
    assert read_verifier(KEY).text() == KEY
    assert open_note(NOTE, read_verifier(KEY)) == TEXT


@given(st.integers(0, len(NOTE) * 8 - 1))
def test_one_flipped_bit_and_a_note_is_refused(bit: int) -> None:
    broken = bytearray(NOTE)
    broken[bit // 8] ^= 1 << bit % 8
    with pytest.raises(ValueError, match=r"note|signature|name"):
        open_note(bytes(broken), SIGNER.verifier)


def test_signatures_of_other_keys_are_passed_over() -> None:
    cosigned = NOTE + sign(TEXT, OTHER).split(b"\n\n")[-1]
    assert open_note(cosigned, SIGNER.verifier) == TEXT
    assert open_note(cosigned, OTHER.verifier) == TEXT
    assert len(parse(cosigned)[1]) == 2


def test_a_key_of_the_same_name_is_another_key() -> None:
    with pytest.raises(SignatureError, match=r"no signature by carnet\.example/log\+[0-9a-f]{8}"):
        open_note(sign(TEXT, OTHER), SIGNER.verifier)


def test_a_wrong_signature_beside_a_right_one_is_not_forgiven() -> None:
    wrong = sign("another text\n", SIGNER).split(b"\n\n")[-1]
    with pytest.raises(SignatureError, match=r"the signature by .* is wrong"):
        open_note(NOTE + wrong, SIGNER.verifier)


@pytest.mark.parametrize(
    ("note", "reason"),
    [
        (b"", "no signature lines"),
        (TEXT.encode(), "is no signature"),
        (b"text\n\n", "no signature lines"),
        (NOTE[:-1], "cut off"),
        (NOTE + b"\n", "no signature lines"),
        (NOTE + b"- not a dash AAAAAAA=\n", "is no signature"),
        ("text\n\n— name AAAAAA==\n".encode(), "too short"),
        ("text\n\n— name AAAAAAB=\n".encode(), "not base64"),
        ("text\n\n— name AA AAAAA=\n".encode(), "is no signature"),
        ("text\n\n— na+me AAAAAAA=\n".encode(), "no spaces and no plus"),
        ("text\n\n— na\N{NO-BREAK SPACE}me AAAAAAA=\n".encode(), "no spaces and no plus"),
        (b"text\r\n\n" + NOTE, "control characters"),
        (b"\xff" + NOTE, "not UTF-8"),
        (NOTE + "— n AAAAAAA=\n".encode() * 100, "101 signatures"),
    ],
)
def test_what_is_no_note_is_refused_with_a_reason(note: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        open_note(note, SIGNER.verifier)


@pytest.mark.parametrize("text", ["", "no newline", "a\rb\n", "tab\there\n"])
def test_a_text_that_makes_no_note_is_not_signed(text: str) -> None:
    with pytest.raises(ValueError, match="ends with a newline"):
        sign(text, SIGNER)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb", "a\N{EM SPACE}b", "a\0b"])
def test_a_name_that_cannot_stand_in_a_note_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no spaces and no plus"):
        Signer(name, SIGNER.key)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no spaces and no plus"),
        ("name", "not base64"),
        ("name+00000000+!", "not base64"),
        ("name+00000000+Ag==", "not of Ed25519"),
        (KEY.replace("carnet.example", "other.example"), "id is"),
        (KEY[:-4] + "AAAA", "id is"),
    ],
)
def test_what_is_no_verifier_key_is_refused_with_a_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read_verifier(text)
