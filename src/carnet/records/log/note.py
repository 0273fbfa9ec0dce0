"""Texts under signatures, as c2sp.org/signed-note has them, with Ed25519."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\1"
_MOST_SIGNATURES = 100
_SIGNATURE = re.compile("— ([^ ]+) ([^ ]+)")


class SignatureError(ValueError):
    """Raised when a note is well formed, but not signed by the key that was asked for."""


@dataclass(frozen=True, slots=True)
class Verifier:
    """A key that notes are checked with."""

    name: str
    key: Ed25519PublicKey

    @property
    def id(self) -> bytes:
        """Four bytes that tell the keys of one name apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + self._typed()).digest()[:4]

    def text(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode64(self._typed())}"

    def _typed(self) -> bytes:
        return _ED25519 + self.key.public_bytes_raw()


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that notes are signed with; its name is the log's origin."""

    name: str
    key: Ed25519PrivateKey

    def __post_init__(self) -> None:
        _check_name(self.name)

    @property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self.key.public_key())


def read_verifier(text: str) -> Verifier:
    """Read a verifier key, `name+id+key`. Raises ValueError, saying what is wrong with it."""
    name, _, rest = text.partition("+")
    key_id, _, key = rest.partition("+")
    _check_name(name)
    typed = decode64(key, "the verifier key")
    if typed[:1] != _ED25519 or len(typed) != 33:
        raise ValueError("the verifier key is not of Ed25519")
    found = Verifier(name, Ed25519PublicKey.from_public_bytes(typed[1:]))
    if key_id != found.id.hex():
        raise ValueError(f"the verifier key's id is {key_id!r}, its key says {found.id.hex()}")
    return found


def sign(text: str, signer: Signer) -> bytes:
    """A note of this text."""
    if not text.endswith("\n") or _has_controls(text):
        raise ValueError("a note's text ends with a newline and has no other control characters")
    signature = encode64(signer.verifier.id + signer.key.sign(text.encode()))
    return f"{text}\n— {signer.name} {signature}\n".encode()


def open_note(note: bytes, verifier: Verifier) -> str:
    """The text of a note that this key has signed; signatures of other keys are passed over.

    Raises ValueError for what is no note, SignatureError for one that the key did not sign.
    """
    text, signatures = parse(note)
    mine = [value[4:] for name, value in signatures if (name, value[:4]) == (verifier.name, verifier.id)]
    if not mine:
        raise SignatureError(f"no signature by {verifier.name}+{verifier.id.hex()}")
    for signature in mine:
        try:
            verifier.key.verify(signature, text.encode())
        except InvalidSignature:
            raise SignatureError(f"the signature by {verifier.name}+{verifier.id.hex()} is wrong") from None
    return text


def parse(note: bytes) -> tuple[str, list[tuple[str, bytes]]]:
    """A note's text and its signatures as (name, id and signature), none of them checked. Raises ValueError."""
    try:
        text, blank, rest = note.decode().rpartition("\n\n")
    except UnicodeDecodeError:
        raise ValueError("the note is not UTF-8") from None
    if _has_controls(text + rest):
        raise ValueError("the note has control characters")
    if not blank or not rest.endswith("\n"):
        raise ValueError("the note has no signature lines, or is cut off")
    lines = rest[:-1].split("\n")
    if len(lines) > _MOST_SIGNATURES:
        raise ValueError(f"the note has {len(lines)} signatures; at most {_MOST_SIGNATURES} are looked at")
    return text + "\n", [_signature(line) for line in lines]


def _signature(line: str) -> tuple[str, bytes]:
    match = _SIGNATURE.fullmatch(line)
    if not match:
        raise ValueError("a line of the note is no signature")
    _check_name(match[1])
    value = decode64(match[2], "a signature")
    if len(value) < 5:
        raise ValueError("a signature is too short")
    return match[1], value


def _check_name(name: str) -> None:
    if not name or "+" in name or _has_controls(name) or any(map(str.isspace, name)):
        raise ValueError(f"a key's name has no spaces and no plus: {name!r}")


def _has_controls(text: str) -> bool:
    return any(character < " " and character != "\n" for character in text)


def encode64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def decode64(text: str, what: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        value = b""
    # One value has one spelling: spare bits at the end are zero.
    if not value or encode64(value) != text:
        raise ValueError(f"{what} is not base64")
    return value
