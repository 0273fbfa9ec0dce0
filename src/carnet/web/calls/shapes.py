"""What calls take: strict shapes, from which the reference is made."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from carnet.model.account import RECORDINGS
from carnet.model.record import KINDS

Switch = Literal["on", "off"]
Kind = Literal["", *KINDS]  # type: ignore[valid-type]
Recording = Literal[*RECORDINGS]  # type: ignore[valid-type]
Limit = Annotated[int | UnsetType | None, Meta(description="0: no limit; null: as the settings say.")]
Said = Annotated[str, Meta(min_length=1)]
"""A name; an empty one would mean everybody's."""
Page = Annotated[int, Meta(ge=1, le=1000, description="So many at most.")]
Before = Annotated[str, Meta(description="Id of a record: only those older than it, as `older` gives it.")]
Reason = Annotated[str, Meta(max_length=500, description="Why; it is recorded.")]


class Shape(msgspec.Struct, forbid_unknown_fields=True):
    """What a call takes; a field that is not known is refused."""


class Limits(Shape):
    """Limits of the relay; those not given stay as they are."""

    requests_per_minute: Limit = UNSET
    tokens_per_minute: Limit = UNSET
    at_once: Limit = UNSET

    def options(self) -> dict[str, int | None]:
        """By the name of the option."""
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name.replace("_", "-"): value for name, value in given.items() if value is not UNSET}


OfRelay = Annotated[
    Limits,
    Meta(description="requests_per_minute, tokens_per_minute, at_once; 0: no limit, null: as the settings say."),
]


class NewOrganisation(Shape):
    """An organisation, with nothing turned on."""

    name: str
    terms: Annotated[str, Meta(description="commercial or consumer.")]
    tier: Annotated[str, Meta(description="team, enterprise, api, gov (commercial); free, pro, max (consumer).")]


class OrganisationChange(Shape):
    """Acts of an organisation; what is not given stays as it is."""

    zdr: Annotated[bool | UnsetType, Meta(description="Zero data retention.")] = UNSET
    dpp: Annotated[bool | UnsetType, Meta(description="Partner programme.")] = UNSET
    product_feedback: bool | UnsetType = UNSET
    keep: Annotated[
        dict[str, str], Meta(description="Flow to a shorter class, such as inference to days7; empty takes it back.")
    ] = {}
    recording: Recording | UnsetType = UNSET
    limits: OfRelay = msgspec.field(default_factory=Limits)


class NewAccount(Shape):
    """An account; consent that is not given is none."""

    email: str
    org: str
    tier: Annotated[str, Meta(description="Where it is not the organisation's.")] = ""
    model_improvement: Switch | None = None


class AccountFilter(Shape):
    """Which accounts."""

    org: str = ""


class ConsentChange(Shape):
    """Whether models may be improved with the person's data."""

    model_improvement: Switch


class NewKey(Shape):
    """A key for an account."""

    account: str
    scopes: Annotated[list[Literal["relay", "intake", "own"]], Meta(description="Not given: relay and intake.")] = []
    expires: Annotated[str, Meta(description="Last day it works (2026-12-31), or for how long (90d).")] = ""
    name: str = ""
    limits: OfRelay = msgspec.field(default_factory=Limits)


class KeyFilter(Shape):
    """Which keys."""

    account: str = ""


class KeyChange(Shape):
    """Limits of a key."""

    limits: OfRelay


class NewUpstream(Shape):
    """An upstream; of its credential only the name of the variable it is in."""

    name: str
    url: str
    format: str = "messages"
    provider: str = "anthropic"
    key_env: Annotated[str, Meta(description="Variable of `carnet serve` that holds the credential.")] = ""
    headers: Annotated[dict[str, str], Meta(description="Header to the variable that holds its value.")] = {}
    priority: Annotated[int, Meta(description="The lowest is tried first.")] = 100
    org: Annotated[str, Meta(description="The only organisation it serves.")] = ""


class UpstreamChange(Shape):
    """What changes of an upstream."""

    enabled: bool | UnsetType = UNSET
    priority: int | UnsetType = UNSET


class Names(Shape):
    """Which records: names narrow each other; at least one is needed."""

    org: Said = ""
    account: Said = ""
    session: Said = ""
    repository: Said = ""

    def given(self) -> dict[str, str]:
        found = {name: getattr(self, name) for name in ("org", "account", "session", "repository")}
        return {name: value for name, value in found.items() if value}


class RecordFilter(Names):
    """Which records, newest first."""

    kind: Kind = ""
    before: Before = ""
    limit: Page = 100


class Reasoned(Names, kw_only=True):
    """A session, and why."""

    session: str
    reason: Reason


class Export(Shape):
    """What is exported: one of the two."""

    subject: Annotated[str, Meta(description="E-mail address: everything about this person.")] = ""
    training: Annotated[bool, Meta(description="What may train models.")] = False
    purpose: Annotated[str, Meta(description="With training: only for this purpose.")] = ""


class ReceiptGiven(Shape):
    """A receipt as it was given out."""

    receipt: dict[str, Any]


class OwnRecords(Shape):
    """Which of one's own records, newest first."""

    session: str = ""
    repository: str = ""
    kind: Kind = ""
    before: Before = ""
    limit: Page = 100


class OwnSession(Shape):
    """One of one's own sessions; in every repository it was in, unless one is named."""

    session: Annotated[str, Meta(min_length=1)]
    repository: str = ""
