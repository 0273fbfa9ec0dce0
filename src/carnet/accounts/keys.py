"""Keys of clients: made and shown once, recognised without the store, judged in constant time.

`ck_` id `_` chance and checksum: eight letters and digits that name the key, forty of chance (238 bits), and six that
tell a mistyped key from one that nobody was given. Secret scanners find it by `ck_[a-z2-7]{8}_[0-9A-Za-z]{46}`.

Only the SHA-256 of a key is kept. A slow hash protects what people choose; nobody searches 238 bits of chance.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import string
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from carnet.accounts.caps import capped
from carnet.documents.instants import is_instant, parse_until
from carnet.errors import ArgumentError, CarnetError, FieldError
from carnet.model.account import SCOPES, ApiKey, Caps
from carnet.settings import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from carnet.model.account import Account, Caller
    from carnet.stores.records_contract import Keys

PATTERN = re.compile(r"ck_([a-z2-7]{8})_([0-9A-Za-z]{40})([0-9A-Za-z]{6})")
LENGTH = 58
"""Characters of a key."""
_DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
_CHANCE, _CHECK = 40, 6
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not let in; nothing of what it showed is in it."""

    reason: str
    """Stable id: missing, two, foreign, mistyped, unknown, expired, revoked, closed, scope, guesses, busy."""
    sentence: str
    """What the client is told."""
    status: int = 401
    """The HTTP status that says it."""
    after: int = 0
    """Seconds after which it may be tried again, where that helps."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A well-formed key that a request has shown; the key itself is let go of at once."""

    id: str
    digest: bytes = field(repr=False)


def make_key(
    keys: Keys,
    account: Account,
    scopes: Sequence[str],
    expires: datetime | None,
    name: str,
    now: datetime,
    random: Callable[[int], bytes] = os.urandom,
    caps: Mapping[str, int | None] | None = None,
) -> tuple[ApiKey, str]:
    """A new key, and the text of it, which nobody can ever show again."""
    _check(account, scopes, expires, name, now)
    id_ = base64.b32encode(random(5)).decode("ascii").lower()
    bare = f"ck_{id_}_{_digits(int.from_bytes(random(32)), _CHANCE)}"
    text = bare + _checksum(bare)
    wanted = tuple(scope for scope in SCOPES if scope in scopes)
    key = ApiKey(id_, digest_of(text), account.id, wanted, now, name, expires, caps=capped(Caps(), caps or {}))
    keys.add(key)
    return key, text


def _check(account: Account, scopes: Sequence[str], expires: datetime | None, name: str, now: datetime) -> None:
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise FieldError("scope", f"{', '.join(unknown) or 'none'} is not among {', '.join(SCOPES)}")
    if expires is not None and expires <= now:
        raise FieldError("expires", f"{expires:%Y-%m-%d %H:%M} UTC is past already; the key would never work")
    if PATTERN.search(name) or foreign(name):
        raise FieldError("name", "this is a key or a token, not a name for one; it was not kept")
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise FieldError("name", f"up to {_LONGEST_NAME} printable characters")
    if account.closed:
        raise CarnetError(f"{account.email} is being deleted; it gets no key any more")


def key_id(text: str) -> str | None:
    """The id in a key, or None for a text that is mistyped or no key: no store needs to be asked."""
    found = PATTERN.fullmatch(text) if len(text) == LENGTH else None
    if found is None or _checksum(text[:-_CHECK]) != found[3]:
        return None
    return found[1]


def digest_of(text: str) -> bytes:
    """What is kept of a key."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def judge(caller: Caller | None, digest: bytes, scope: str, now: datetime) -> Refusal | None:
    """Whether the key of that digest may do this now; None lets it in.

    Whoever does not have the whole key learns nothing: a wrong one is unknown, whatever its id is.
    """
    if caller is None or not hmac.compare_digest(caller.key.digest, digest):
        return UNKNOWN
    key = caller.key
    if key.revoked is not None:
        return Refusal("revoked", f"The key {key.id} was revoked on {key.revoked:%Y-%m-%d %H:%M} UTC; get a new one.")
    if key.expires is not None and now > key.expires:
        return Refusal("expired", f"The key {key.id} expired on {key.expires:%Y-%m-%d %H:%M} UTC; get a new one.")
    if caller.account.closed or caller.organisation.closed:
        return Refusal("closed", "The account of this key is being deleted; nothing more is done for it.", 403)
    if scope not in key.scopes:
        has = ", ".join(key.scopes)
        return Refusal("scope", f"The key {key.id} is for {has}; this needs one for {scope}.", 403)
    return None


def standing(caller: Caller, now: datetime) -> str:
    """How a key stands, for those who may see it: valid, revoked, expired or closed."""
    refusal = judge(caller, caller.key.digest, caller.key.scopes[0], now)
    return refusal.reason if refusal else "valid"


def last_moment(text: str, at: datetime) -> datetime:
    """When a key made now ends: the last moment of a day or instant, or after a length of time."""
    try:
        if is_instant(text):
            return parse_until(text)
    except CarnetError as error:
        raise FieldError("expires", str(error)) from None
    try:
        return at + parse_duration(text.strip())
    except ValueError:
        told = f"{text[:40]!r}: write a day such as 2026-12-31, or a length of time such as 90d"
        raise FieldError("expires", told) from None


def id_named(text: str) -> str:
    """The id a person gave, as it is or within the whole key. What is neither is not repeated: it may be secret."""
    found = re.fullmatch(r"(?:ck_)?([a-z2-7]{8})(?:_[0-9A-Za-z]*)?", text.strip())
    if not found:
        raise ArgumentError("id", "this is no id of a key: eight letters and digits, as carnet key list shows them")
    return found[1]


def foreign(text: str) -> Refusal | None:
    """Why a text is somebody else's credential, which is neither kept nor written anywhere."""
    for pattern, refusal in _FOREIGN:
        if pattern.search(text):
            return refusal
    return None


def presented(texts: Sequence[str]) -> Shown | Refusal:
    """The one key in what a request's credential headers say, or why there is none.

    A client may send it in `x-api-key`, as `Authorization: Bearer`, or in both; two different ones are none.
    """
    ids = {bare: key_id(bare) for text in texts if (bare := _bare(text))}
    for text, id_ in ids.items():
        strange = None if id_ else foreign(text)
        if strange is not None:
            return strange
    if len(ids) != 1:
        return TWO if ids else MISSING
    ((text, id_),) = ids.items()
    return Shown(id_, digest_of(text)) if id_ else MISTYPED


def told(refusal: Refusal, instead: str) -> str:
    """What is said to who is no client of the relay: which key fits is said in these words."""
    said = refusal.sentence.removesuffix(_INSTEAD)
    return refusal.sentence if said == refusal.sentence else said + instead


_INSTEAD = "Use a key of this Carnet (ck_…) instead: ANTHROPIC_AUTH_TOKEN or ANTHROPIC_API_KEY on the client."
MISSING = Refusal("missing", f"This request has no key. {_INSTEAD.replace(' instead', '')}")
TWO = Refusal("two", f"This request shows two different keys, so nobody can tell whose it is. {_INSTEAD}")
MISTYPED = Refusal(
    "mistyped", "This is no key of Carnet's, or a mistyped one: its checksum does not fit. Copy the whole key (ck_…)."
)
UNKNOWN = Refusal("unknown", "Nobody here was given this key. Ask whoever runs this Carnet for one.")
_FOREIGN = (
    (
        re.compile(r"sk-ant-(?:oat|ort|sid)", re.IGNORECASE),
        Refusal(
            "foreign",
            "This is a login token of the vendor's. It belongs to a person's own subscription and is not taken here; "
            f"it was neither kept nor written down. {_INSTEAD}",
        ),
    ),
    (
        re.compile(r"sk-ant-", re.IGNORECASE),
        Refusal(
            "foreign",
            "This is an API key of the vendor's. Carnet holds those itself and gives out its own; it was neither kept "
            f"nor written down. {_INSTEAD}",
        ),
    ),
    (
        re.compile(r"\beyJ[\w-]+={0,2}\.[\w-]+={0,2}\.[\w-]*", re.ASCII),
        Refusal(
            "foreign",
            f"This is a token somebody else signed (a JWT); it was neither kept nor written down. {_INSTEAD}",
        ),
    ),
)


def _bare(text: str) -> str:
    """A credential without the scheme in front of it."""
    scheme, _, rest = text.partition(" ")
    if scheme.lower() == "bearer":
        text = rest
    return text.strip()


def _checksum(text: str) -> str:
    return _digits(zlib.crc32(text.encode("ascii")), _CHECK)


def _digits(number: int, length: int) -> str:
    """The last so many base-62 digits of a number."""
    found = ""
    for _ in range(length):
        found = _DIGITS[number % 62] + found
        number //= 62
    return found
