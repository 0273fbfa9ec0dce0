"""No sequence of consent, holds, releases, expiry and deletion keeps a record beyond its longest lawful reason,
or come back; and none loses one that is to stay.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from carnet.errors import GoneError
from carnet.model.record import Refusal
from carnet.records import rotating
from carnet.records.exporting import training
from carnet.records.holding import hold, release
from carnet.records.keeping import resume
from carnet.records.putting import Writer
from carnet.stores.embedded.records import EmbeddedRecords
from tests.records.kept import ACME, ANN, PAT, QUINN, Shelf

COMMERCIAL = {ANN}
FLOWS = {"exchange": "inference", "feedback": "feedback", "metric": "metrics"}
PEOPLE = st.sampled_from((PAT, PAT, PAT, ANN, QUINN))
SESSIONS = st.sampled_from(("s1", "s1", "s1", "s2"))
REPOSITORIES = st.sampled_from(("", "", "", "git.test/r"))

NAMES = st.sampled_from(
    (
        {"session": "s1"},
        {"account": PAT},
        {"account": PAT},
        {"org": "people"},
        {"repository": "git.test/r"},
        {"account": ANN, "session": "s2"},
    )
)
"""What an erasure is asked for by."""

Place = tuple[str, str, str]
"""(account, session, repository): what has a key of its own."""


@dataclass
class Expected:
    """What the laws say of one record."""

    place: Place
    kind: str
    body: bytes
    created: datetime
    end: datetime
    eligible: bool
    held: bool = False
    erased: bool = False

    def visible(self, now: datetime) -> bool:
        return not self.erased and (self.held or now < self.end)


class Laws(RuleBasedStateMachine):
    """A shelf, and beside it what the laws say of every record it ever took."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="carnet-laws-"))
        self.shelf = Shelf(EmbeddedRecords(self.folder)).settle()
        self.other = Writer(self.shelf.store)
        self.model: dict[str, Expected] = {}
        self.consent = {PAT: True, QUINN: False, ANN: False}
        self.partner = False
        self.short = False
        self.held: dict[Place, datetime] = {}
        self.queued: list[set[Place]] = []
        self.swept = False
        self.steps = 0

    def teardown(self) -> None:
        self.shelf.store.close()
        shutil.rmtree(self.folder)

    # --- what may be done

    @rule(
        account=PEOPLE,
        session=SESSIONS,
        repository=REPOSITORIES,
        kinds=st.lists(st.sampled_from(tuple(FLOWS)), min_size=1, max_size=3),
        back=st.sampled_from((0, 0, 0, 5, 35)),
        old=st.booleans(),
    )
    def put(self, account: str, session: str, repository: str, kinds: list[str], back: int, *, old: bool) -> None:
        now = self.shelf.now
        created = now - timedelta(days=back)
        place = account, session, repository
        bodies = [f"{account} said {len(self.model) + at} " * 9 for at in range(len(kinds))]
        drafts = [
            self.shelf.draft(body, account, session, kind=kind, flow=FLOWS[kind], repository=repository, at=created)
            for kind, body in zip(kinds, bodies, strict=True)
        ]
        answers = (self.other if old else self.shelf.writer).put(drafts, now)
        for answer, kind, body in zip(answers, kinds, bodies, strict=True):
            end = self._end(account, kind, created)
            if end <= now:
                assert isinstance(answer, Refusal), answer  # it would have ended already
                continue
            if any(held[:2] == place[:2] for held in self.held):  # under whatever repository it goes on
                self.held.setdefault(place, now)
            self.model[answer.id] = Expected(  # type: ignore[union-attr]
                place,
                kind,
                body.encode(),
                created,
                end,
                self._eligible(account, kind),
                held=place in self.held,
            )
        self.swept = False

    @rule(account=PEOPLE, session=SESSIONS, old=st.booleans())
    def goes_on_for_days(self, account: str, session: str, *, old: bool) -> None:
        for _ in range(3):
            self.put(account, session, "", ["exchange"], 0, old=old)
            self.time_passes(1)

    def _end(self, account: str, kind: str, created: datetime) -> datetime:
        if kind == "exchange" and account in COMMERCIAL and self.short:
            return created + timedelta(days=7)
        if kind == "feedback" or (kind == "exchange" and self.consent[account]):
            leap = (created.month, created.day) == (2, 29)  # in no year that is five later
            return created.replace(year=created.year + 5, day=28 if leap else created.day)
        return created + timedelta(days=30)

    def _eligible(self, account: str, kind: str) -> bool:
        agreed = self.partner if account in COMMERCIAL else self.consent[account]
        return kind != "metric" and agreed

    @rule(account=st.sampled_from((PAT, PAT, QUINN)), given=st.booleans())
    def consents(self, account: str, *, given: bool) -> None:
        self.shelf.consent(account, "on" if given else "off")
        self.consent[account] = given
        if not given:
            for one in self._standing(account):
                one.eligible = False
                if one.kind == "exchange":
                    one.end = min(one.end, one.created + timedelta(days=30))
        self.swept = False

    @rule(what=st.sampled_from(("join", "leave", "shorten", "as the rules say")))
    def organisation_changes(self, what: str) -> None:
        if what in {"join", "leave"}:
            self.partner = what == "join"
            self.shelf.change(ACME, {"dpp": self.partner})
        else:
            self.short = what == "shorten"
            self.shelf.change(ACME, {}, {"inference": "days7" if self.short else ""})
        for one in self._standing(ANN):
            one.eligible &= self.partner
            if self.short and one.kind == "exchange":
                one.end = min(one.end, one.created + timedelta(days=7))
        self.swept = False

    @rule(account=PEOPLE, session=SESSIONS)
    def holds(self, account: str, session: str) -> None:
        sessions = [one for one in self.shelf.sessions(session) if one.account == self.shelf.account(account).id]
        hold(self.shelf.store, self.shelf.keyring, sessions, "a matter", self.shelf.now)
        for one in sessions:
            place = account, session, one.repository
            if place not in self.held:
                self.held[place] = self.shelf.now
                for record in self._of({place}):
                    record.held = record.end > self.shelf.now

    @rule(account=PEOPLE, session=SESSIONS)
    def releases(self, account: str, session: str) -> None:
        number = self.shelf.account(account).id
        sessions = [one.session for one in self.shelf.store.catalogue.holds() if one.session.account == number]
        sessions = [one for one in sessions if one.name == session]
        if not sessions:
            return
        release(self.shelf.store, self.shelf.keyring, sessions, "settled", self.shelf.now)
        for one in sessions:
            del self.held[account, session, one.repository]
        for record in self._of({(account, session, one.repository) for one in sessions}):
            record.erased |= record.held and record.end <= self.shelf.now  # what was over is gone at once
            record.held = False
        resume(self.shelf.store, self.shelf.keyring, self.shelf.now)
        self._do_queued()

    @rule(names=NAMES)
    def erases(self, names: dict[str, str]) -> None:
        meant = {one.place for one in self.model.values() if self._covers(names, one.place)} | {
            place for place in self.held if self._covers(names, place)
        }
        waiting = meant & self.held.keys()
        assert self.shelf.erase(**names).queued == bool(waiting)
        for one in self._of(meant - waiting):
            one.erased = True
        if waiting:
            self.queued.append(waiting)

    def _do_queued(self) -> None:
        for waiting in self.queued:
            for one in self._of(waiting - self.held.keys()):
                one.erased = True
        left = [waiting & self.held.keys() for waiting in self.queued]
        self.queued = [one for one in left if one]

    @rule(days=st.sampled_from((1, 1, 1, 1, 3, 3, 8, 20, 31, 200, 1900)))
    def time_passes(self, days: int) -> None:
        self.shelf.later(days=days)
        self.swept = False

    @rule(idle=st.sampled_from((0, 15)))
    def keeper_comes(self, idle: int) -> None:
        self.shelf.keep(idle=timedelta(minutes=idle))
        self.swept = True

    @rule(what=st.sampled_from(("organisation", "root", "process")))
    def changes_below(self, what: str) -> None:
        store, keyring = self.shelf.store, self.shelf.keyring
        if what == "organisation":
            work = rotating.begin(store, keyring, self.shelf.organisation("people").id, self.shelf.now)
            rotating.rotate(store, keyring, work, self.shelf.now)
        elif what == "root":
            keyring.rotate_root()
        else:
            store.close()
            self.shelf = replace(self.shelf, store=EmbeddedRecords(self.folder))
            self.other = Writer(self.shelf.store)

    @rule(account=PEOPLE, session=SESSIONS, names=NAMES)
    def is_held_before_it_is_erased(self, account: str, session: str, names: dict[str, str]) -> None:
        """Two that are rarely drawn one after the other."""
        self.holds(account, session)
        self.erases(names)

    @rule(account=PEOPLE, session=SESSIONS)
    def is_held_when_consent_is_withdrawn(self, account: str, session: str) -> None:
        if account not in COMMERCIAL:
            self.consents(account, given=False)
        self.holds(account, session)

    # --- what always holds

    @invariant()
    def the_laws_hold(self) -> None:
        """Looked at now and then, for what is lost or comes back stays so; always behind the keeper."""
        self.steps += 1
        if self.swept or self.steps % 4 == 0:
            self._bodies_are_shown_or_gone()
            self._listing_has_what_is_there()
            self._export_has_what_may_train()
            assert self.shelf.faults() == []

    def _bodies_are_shown_or_gone(self) -> None:
        for name, one in self.model.items():
            try:
                shown = self.shelf.shown(name)
            except GoneError:
                assert not one.visible(self.shelf.now), f"lost: {one}"
            else:
                assert one.visible(self.shelf.now), f"still there, or back: {one}"
                assert shown == one.body

    def _listing_has_what_is_there(self) -> None:
        listed = [one.id for one in self.shelf.everything()]
        assert len(listed) == len(set(listed))
        visible = {name for name, one in self.model.items() if one.visible(self.shelf.now)}
        erased = {name for name, one in self.model.items() if one.erased}
        assert visible <= set(listed)
        assert not erased & set(listed)
        if self.swept:
            assert set(listed) == visible

    def _export_has_what_may_train(self) -> None:
        store, keyring, now = self.shelf.store, self.shelf.keyring, self.shelf.now
        rows = [json.loads(line) for line in training(store, keyring, now)][:-1]
        waiting = set().union(*self.queued)
        may = {
            name
            for name, one in self.model.items()
            if one.eligible and now < one.end and not one.erased and one.place not in waiting
        }
        assert {str(row["id"]) for row in rows} == may

    # --- the model

    def _of(self, places: set[Place]) -> list[Expected]:
        return [one for one in self.model.values() if one.place in places]

    def _standing(self, account: str) -> list[Expected]:
        return [one for one in self.model.values() if one.place[0] == account and not one.erased]

    @staticmethod
    def _covers(names: dict[str, str], place: Place) -> bool:
        account, session, repository = place
        organisation = ACME if account in COMMERCIAL else "people"
        is_ = {"account": account, "session": session, "repository": repository, "org": organisation}
        return all(is_[kind] == name for kind, name in names.items())


Laws.TestCase.settings = settings(
    max_examples=6, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestLaws = Laws.TestCase
