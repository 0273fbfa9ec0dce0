"""Whose data it is: organisations, accounts, and the dated acts that decide what may be kept of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

TERMS = ("commercial", "consumer")
TIERS = {"consumer": ("free", "pro", "max"), "commercial": ("team", "enterprise", "api", "gov")}
"""Terms -> the tiers that are under them."""

SCOPES = ("relay", "intake", "own")
"""What a key may do: send model traffic, report, see and change what is kept about its account."""
USUAL_SCOPES = ("relay", "intake")
"""Of a key that is made for nothing in particular: it lies in an agent's environment, and an agent must not be able to
read or delete what is kept about the person it works for.
"""

RECORDINGS = ("required", "wanted")
"""What becomes of an exchange that cannot be recorded: it does not take place, or it passes unrecorded."""

CONSENT = "model-improvement"
"""What an act of consent is called in the history."""


@dataclass(frozen=True, slots=True)
class Caps:
    """What one key, or one organisation, may use of the relay. None: as the settings say; 0: no limit."""

    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    """In and out."""
    at_once: int | None = None
    """Requests at the same time."""


@dataclass(frozen=True, slots=True)
class Organisation:
    """A customer: terms, tier, and what its operator or admin has decided."""

    id: int
    """Row identity in this store; 0 before the store has given one."""
    name: str
    terms: str
    """`commercial` or `consumer`."""
    tier: str
    created: datetime
    zdr: bool = False
    """Zero data retention: an explicit act of the operator for this one organisation, never inherited."""
    dpp: bool = False
    """The partner programme: an explicit act of the organisation's admin."""
    product_feedback: bool = True
    keep: tuple[tuple[str, str], ...] = ()
    """(flow, retention class) pairs where the organisation keeps shorter than the rules say."""
    closed: bool = False
    """True while it is being deleted: nothing more is kept for it."""
    recording: str = "required"
    """One of RECORDINGS, for exchanges that its terms let us keep."""
    caps: Caps = Caps()
    """For all its keys together."""


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account in an organisation."""

    id: int
    organisation: int
    """Id of the organisation."""
    email: str
    tier: str
    """Empty: the organisation's."""
    created: datetime
    consent: bool = False
    """Whether the person now lets models be improved with their data; absent consent is none."""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """Something decided about an organisation or an account, on a date. The history is never rewritten."""

    organisation: int
    account: int
    """0: the organisation as a whole."""
    at: datetime
    what: str
    """`model-improvement`, `zdr`, `dpp`, `product-feedback`, `keep`, `recording`, or the name of a limit."""
    value: str
    """`on`, `off`, `FLOW=CLASS`, or one of RECORDINGS."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A client's key as it is kept: whose it is and what it may do. The key itself is nowhere."""

    id: str
    """Eight letters and digits: the part of the key that may be shown."""
    digest: bytes = field(repr=False)
    """SHA-256 of the whole key: with more than 230 bits of chance in it nobody guesses, so nothing slower is needed."""
    account: int
    """Id of the account."""
    scopes: tuple[str, ...]
    created: datetime
    name: str = ""
    """What its holder calls it."""
    expires: datetime | None = None
    """Last moment it works."""
    revoked: datetime | None = None
    used: date | None = None
    """The last day it was used; nothing finer is kept."""
    caps: Caps = Caps()


@dataclass(frozen=True, slots=True)
class Caller:
    """Who stands behind a key: the account and its organisation as they are."""

    key: ApiKey
    account: Account
    organisation: Organisation
