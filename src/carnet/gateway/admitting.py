"""Who may pass, in whose name, where to, and what is kept of it: keys, terms and upstreams as the store has them.

From memory where it can be: the key book is never staler than a second, upstreams are read again with it, and what the
terms say is decided once for each key and day.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from carnet.accounts.keys import Refusal, digest_of, presented
from carnet.accounts.upstreams import chosen, credentials
from carnet.errors import CarnetError
from carnet.gateway.contract import Admitted, Recording
from carnet.gateway.errors import Refused
from carnet.gateway.limits import Limits
from carnet.gateway.upstreams import upstream_at
from carnet.model.record import Lane
from carnet.records.deciding import Deciding
from carnet.records.zdr import load_terms, outside
from carnet.records.zdr_plain import Plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import date

    from carnet.accounts.keybook import KeyBook, Stands
    from carnet.accounts.keys import Shown
    from carnet.gateway.contract import Asked
    from carnet.gateway.upstreams import Upstream, Upstreams
    from carnet.model.account import Account, Caller, Caps, Organisation
    from carnet.model.upstream import Upstream as Known
    from carnet.records.zdr import ZdrTerms
    from carnet.settings import Settings

    Granted = tuple[Caller, date, Admitted | Refused]

log = logging.getLogger("carnet.gateway")

SCOPE = "relay"
KIND, FLOW = "exchange", "inference"
ZDR = "zdr"
"""Among what is forbidden: `judge` refuses what zero data retention does not cover."""
_UNRECORDED = frozenset({"hello"})
"""Routes that carry nothing of anybody's: a client asks whether there is anybody."""
HOPELESS = frozenset({"missing", "two", "mistyped", "foreign"})
"""Reasons that stay. In the place of a key that expired or was revoked, a client's helper may have a new one."""
WITHOUT = Refused(
    503, "the upstream's credential is missing here; the log of `carnet serve` names its variable", "no-credential"
)
_MOST = 10_000


@dataclass(frozen=True, slots=True)
class Quota:
    """Limits of each key, and of each organisation, where none of its own are set; None: none."""

    key: Limits | None = None
    organisation: Limits | None = None

    @classmethod
    def read(cls, settings: Settings) -> Quota:
        """The limits of the settings relay.*."""
        return cls(_limits(settings, "relay."), _limits(settings, "relay.org-"))


def _limits(settings: Settings, prefix: str) -> Limits | None:
    names = ("requests-per-minute", "tokens-per-minute", "at-once")
    found = Limits(*(settings.whole(prefix + name) for name in names))
    return None if found == Limits() else found


def limited(usual: Limits | None, caps: Caps) -> Limits | None:
    """The limits of one key or organisation: what is set for it, and the settings for the rest."""
    usual = usual or Limits()
    pairs = (
        (caps.requests_per_minute, usual.requests),
        (caps.tokens_per_minute, usual.tokens),
        (caps.at_once, usual.at_once),
    )
    found = Limits(*(otherwise if own is None else own for own, otherwise in pairs))
    return None if found == Limits() else found


@dataclass(frozen=True, slots=True)
class Routes:
    """Upstreams as the store has them now: all that can be used, and which may be used for whom."""

    listed: tuple[Known, ...] = ()
    usable: Mapping[str, Upstream] = field(default_factory=dict)
    """Those whose credential is there, by name."""


def read_routes(listed: Sequence[Known], environ: Mapping[str, str]) -> Routes:
    """Upstreams ready for use. One whose credential is missing is told to the operator and used by nobody."""
    usable: dict[str, Upstream] = {}
    for one in listed:
        try:
            pairs = [(name.lower().encode(), value.encode()) for name, value in credentials(one, environ)]
            usable[one.name] = upstream_at(one.name, one.url, pairs, one.format, one.provider)
        except CarnetError as error:
            if one.enabled:
                log.warning("%s", error)
    return Routes(tuple(listed), usable)


class KeyAdmission:
    """See Admission. `use` says which upstreams there are; everything else is called on the event loop."""

    def __init__(
        self,
        book: KeyBook,
        upstreams: Upstreams,
        quota: Quota | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.book = book
        self._upstreams = upstreams
        self._quota = quota or Quota()
        self._now = now
        self._routes: Routes | None = None
        self._deciding: tuple[date, Deciding] | None = None
        self._granted: dict[tuple[str, str], Granted] = {}
        self._shown: dict[bytes, Shown] = {}
        """Keys that were known, by their digest: their form need not be judged again."""

    @property
    def ready(self) -> bool:
        """Whether the upstreams were read."""
        return self._routes is not None

    def use(self, routes: Routes) -> None:
        """From now on, these upstreams and no other."""
        self._routes = routes
        self._upstreams.replace(routes.usable.values())
        self._granted.clear()

    def admit(self, asked: Asked) -> Admitted | Refused | Awaitable[Admitted | Refused]:
        texts = [one.decode("latin-1") for one in asked.format.shown(asked.head)]
        known = self._shown.get(digest_of(texts[0])) if len(texts) == 1 else None
        shown = known or presented(texts)
        if isinstance(shown, Refusal):
            return refused(shown)
        found = self.book.known(shown, SCOPE, asked.peer)
        if found is None or self._routes is None:
            return self._looked_up(texts, asked)
        if known is None and not isinstance(found, Refusal) and len(self._shown) < _MOST:
            self._shown[shown.digest] = shown
        return self._weighed(found, asked)

    async def _looked_up(self, texts: Sequence[str], asked: Asked) -> Admitted | Refused:
        found = await self.book.judged(texts, SCOPE, asked.peer)
        if self._routes is None:
            # whoever is known was read behind the first upstreams, which are on their way from the book's thread
            await asyncio.sleep(0)
        return self._weighed(found, asked)

    def _weighed(self, found: Caller | Refusal, asked: Asked) -> Admitted | Refused:
        if isinstance(found, Refusal):
            return refused(found)
        name, day = (found.key.id, asked.route.name), self._now().date()
        granted = self._granted.get(name)
        if granted is None or granted[0] is not found or granted[1] != day:
            granted = found, day, self._grant(found, asked, day)
            self._granted[name] = granted
            while len(self._granted) > _MOST:
                del self._granted[next(iter(self._granted))]
        return granted[2]

    def _grant(self, caller: Caller, asked: Asked, day: date) -> Admitted | Refused:
        account, organisation = caller.account, caller.organisation
        routes = self._routes or Routes()
        there = chosen(routes.listed, asked.format.name, organisation.id)
        ways = [one for one in there if one.name in routes.usable]
        if there and not ways:
            return WITHOUT
        if organisation.zdr:
            inside = load_terms().inside
            covered = [one for one in ways if one.provider in inside.providers]
            if ways and not covered:
                return Refused(403, f"{inside.provider_means} (provider {ways[0].provider})", "zdr")
            ways = covered
        return Admitted(
            key=caller.key.id,
            account=account.email,
            organisation=str(organisation.id),
            upstreams=tuple(one.name for one in ways),
            recording=self._recording(organisation, account, asked, [one.provider for one in ways], day),
            forbidden=frozenset({ZDR}) if organisation.zdr else frozenset(),
            key_limits=limited(self._quota.key, caller.key.caps),
            organisation_limits=limited(self._quota.organisation, organisation.caps),
        )

    def _recording(
        self, organisation: Organisation, account: Account, asked: Asked, providers: Sequence[str], day: date
    ) -> Recording:
        """What must become of the record. Where terms let us keep nothing, no copy is made at all."""
        if organisation.zdr or asked.route.name in _UNRECORDED:
            return Recording.NONE
        if not any(self._kept(organisation, account, provider, day) for provider in providers):
            return Recording.NONE
        return Recording(organisation.recording)

    def _kept(self, organisation: Organisation, account: Account, provider: str, day: date) -> bool:
        if self._deciding is None or self._deciding[0] != day:
            self._deciding = day, Deciding(day)
        return isinstance(self._deciding[1].decide(organisation, account, KIND, FLOW, provider), Lane)

    def standing(self, asked: Asked, admitted: Admitted) -> KeyStanding | None:
        name = admitted.key, asked.route.name
        granted = self._granted.get(name)
        if granted is None or granted[2] is not admitted:
            return None
        terms = None
        if ZDR in admitted.forbidden:
            terms = load_terms()
            if self.judge(admitted, asked, b"") is not None:
                return None
        caller, day, _ = granted
        midnight = datetime.combine(day, time(), UTC) + timedelta(days=1)
        until = midnight if caller.key.expires is None else min(midnight, caller.key.expires)
        return KeyStanding(self, name, granted, until, terms)

    def stands(self, name: tuple[str, str], granted: Granted, until: datetime) -> Stands | None:
        """For how long that grant holds, if it does now."""
        left = (until - self._now()).total_seconds()
        return self.book.stands(granted[0], left) if left > 0 and self._granted.get(name) is granted else None

    def judge(self, admitted: Admitted, asked: Asked, body: bytes) -> Refused | None:
        """Refuse what zero data retention does not cover, at any upstream it could go to."""
        if ZDR not in admitted.forbidden:
            return None
        for name in admitted.upstreams:
            upstream = self._upstreams.known.get(name)
            if upstream is None:
                continue
            why = outside(asked.head.path, asked.head.pairs, body, upstream.provider)
            if why is not None:
                return Refused(403, f"this organisation has zero data retention. {why}", "zdr")
        return None


class KeyStanding:
    """See Standing. It holds as long as the very same grant does, to the very same caller."""

    __slots__ = ("_admission", "_granted", "_name", "_stands", "_until", "covers")

    def __init__(
        self, admission: KeyAdmission, name: tuple[str, str], granted: Granted, until: datetime, terms: ZdrTerms | None
    ) -> None:
        """`until` the key expires, or the day ends for which the terms were read; a body must be within `terms`."""
        self._admission, self._name, self._granted, self._until = admission, name, granted, until
        self.covers = _covered if terms is None else Plain(terms).covers
        self._stands: Stands | None = None

    def holds(self, at: float) -> bool:
        admission = self._admission
        if self._stands is None or not admission.book.same(self._stands, at):
            self._stands = admission.stands(self._name, self._granted, self._until)
        return self._stands is not None


def _covered(_: bytes) -> bool:
    """What is asked of a body where no terms say anything about bodies."""
    return True


def refused(refusal: Refusal) -> Refused:
    """A key's refusal in the shape of the API."""
    final = refusal.reason in HOPELESS
    return Refused(refusal.status, refusal.sentence, f"key-{refusal.reason}", refusal.after or None, final=final)
