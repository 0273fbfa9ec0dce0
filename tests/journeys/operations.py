"""Operations that are killed, or run out of room, and what is right afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.errors import GoneError
from carnet.model.record import HOLD
from carnet.records import rotating
from carnet.records.changing import delete_account, delete_organisation
from carnet.records.holding import hold, release
from carnet.records.keeping import resume
from carnet.records.receipts import past, receipt_faults
from carnet.records.surveying import refuse_unread
from tests.records.kept import ACME, ANN, PAT

if TYPE_CHECKING:
    from collections.abc import Callable

    from carnet.records.keeping import Round
    from tests.records.kept import Shelf


@dataclass
class World:
    """What was kept before the operation: bodies by id, and ids by the account and session they are of."""

    bodies: dict[str, str]
    sessions: dict[str, list[str]]
    now: str

    def ids(self, *sessions: str) -> set[str]:
        return {one for session in sessions for one in self.sessions[session]}

    def others(self, *sessions: str) -> set[str]:
        return set(self.bodies) - self.ids(*sessions)


@dataclass(frozen=True)
class Outcome:
    """What the next process has before it."""

    shelf: Shelf
    world: World
    round: Round
    done: bool
    """Whether the operation had returned."""
    acknowledged: dict[str, str]

    def there(self, ids: set[str]) -> None:
        assert ids <= self.shelf.ids(), "lost"
        for one in ids:
            assert self.shelf.shown(one).decode() == self.world.bodies[one]

    def gone(self, ids: set[str]) -> None:
        assert not ids & self.shelf.ids(), "still listed"
        for one in ids:
            try:
                self.shelf.shown(one)
            except GoneError:
                continue
            raise AssertionError(f"still shown: {self.world.bodies[one]}")

    def erased(self, records: int, sessions: int) -> None:
        """One receipt was written, and its numbers are those of what there was."""
        rows = past(self.shelf.store)
        assert [(row["records"], row["sessions"]) for row in rows] == [(records, sessions)], rows
        assert str(rows[0]["asked"]) <= str(rows[0]["keys_destroyed"]) <= str(rows[0]["finished"])
        for receipt in self.round.receipts:
            assert receipt_faults(receipt.answer) == []


@dataclass(frozen=True)
class Operation:
    """Something that is killed, and what is right afterwards."""

    run: Callable[[Shelf, Callable[[str, str], None]], None]
    check: Callable[[Outcome], None]
    again: Callable[[Shelf], None] | None = None
    """The same once more, where that differs from doing it for the first time."""
    before: Callable[[Shelf], None] = lambda _shelf: None
    later: timedelta = timedelta(0)
    """After what was there before."""


# --- the operations


def _put(shelf: Shelf, acknowledge: Callable[[str, str], None]) -> None:
    for body, session, others in (
        ("one more turn", "s1", {}),
        ("a first turn", "s9", {}),
        ("feedback", "s9", {"kind": "feedback", "flow": "feedback"}),
    ):
        acknowledge(shelf.later(minutes=1).kept(body, ANN, session, **others), body)


def _check_put(out: Outcome) -> None:
    out.there(set(out.world.bodies))
    for one, body in out.acknowledged.items():
        assert out.shelf.shown(one).decode() == body
    assert set(out.acknowledged) <= out.shelf.ids()
    for one in out.shelf.ids() - set(out.world.bodies):
        assert out.shelf.shown(one).decode() in {"one more turn", "a first turn", "feedback"}


def _delete(shelf: Shelf, _acknowledge: object = None) -> None:
    shelf.erase(account=ANN, session="s1")


def _check_delete(out: Outcome) -> None:
    out.there(out.world.others("ann s1"))
    if out.done or past(out.shelf.store):
        out.gone(out.world.ids("ann s1"))
        out.erased(4, 1)
    else:
        out.there(out.world.ids("ann s1"))


def _delete_account(shelf: Shelf, _acknowledge: object = None) -> None:
    delete_account(shelf.store, shelf.keyring, shelf.account(ANN), lambda: shelf.now)


def _check_delete_account(out: Outcome) -> None:
    out.there(out.world.others("ann s1", "ann s2"))
    if out.done or past(out.shelf.store):
        out.gone(out.world.ids("ann s1", "ann s2"))
        out.erased(5, 2)
        assert out.shelf.store.directory.account(ANN) is None
    else:
        out.there(out.world.ids("ann s1", "ann s2"))


def _account_again(shelf: Shelf) -> None:
    if shelf.store.directory.account(ANN) is not None:
        _delete_account(shelf)


def _delete_organisation(shelf: Shelf, _acknowledge: object = None) -> None:
    delete_organisation(shelf.store, shelf.keyring, shelf.organisation("people"), lambda: shelf.now)


def _check_delete_organisation(out: Outcome) -> None:
    theirs = ("pat s1", "pat s3", "quinn s1", "pat held")
    out.there(out.world.others(*theirs))
    if out.done or past(out.shelf.store):
        out.gone(out.world.ids(*theirs))
        out.erased(6, 4)
        assert {one.name for one in out.shelf.store.directory.organisations()} == {ACME}
    else:
        out.there(out.world.ids(*theirs))


def _organisation_again(shelf: Shelf) -> None:
    if any(one.name == "people" for one in shelf.store.directory.organisations()):
        _delete_organisation(shelf)


def _hold(shelf: Shelf, _acknowledge: object = None) -> None:
    sessions = [one for one in shelf.sessions("s1") if one.account == shelf.account(PAT).id]
    hold(shelf.store, shelf.keyring, sessions, "a matter", shelf.now)


def _check_hold(out: Outcome) -> None:
    out.there(set(out.world.bodies))
    names = {one.session.name for one in out.shelf.store.catalogue.holds()}
    assert not out.done or names == {"s1"}
    places = {one.id: one.partition for one in out.shelf.everything()}
    for one in out.world.ids("pat s1"):
        assert (places[one] == HOLD) == bool(names)


def _before_release(shelf: Shelf) -> None:
    _hold(shelf)
    shelf.later(minutes=1).kept("while it is held", PAT, "s1")
    assert shelf.erase(account=PAT, session="s1").queued


def _release(shelf: Shelf, _acknowledge: object = None) -> None:
    sessions = [one.session for one in shelf.store.catalogue.holds()]
    release(shelf.store, shelf.keyring, sessions, "settled", shelf.now)
    resume(shelf.store, shelf.keyring, shelf.now)


def _check_release(out: Outcome) -> None:
    out.there(out.world.others("pat s1"))
    if out.shelf.store.catalogue.holds():
        assert not out.done
        out.there(out.world.ids("pat s1"))
        assert len(out.shelf.store.catalogue.works()) == 1
    else:
        out.gone(out.world.ids("pat s1"))
        out.erased(4, 1)


def _release_again(shelf: Shelf) -> None:
    if shelf.store.catalogue.holds():
        _release(shelf)


def _keeper(shelf: Shelf, _acknowledge: object = None) -> None:
    done = shelf.keep(idle=timedelta(0))
    refuse_unread(done.unread, "not all of it is done")


def _check_expire(out: Outcome) -> None:
    over = {one for one, body in out.world.bodies.items() if body[-6:] in {"turn 0", "turn 1", "turn 2", "metric"}}
    out.gone(over)
    out.there(set(out.world.bodies) - over)


def _check_drop(out: Outcome) -> None:
    stay = {one for one in out.world.ids("pat s1", "pat s3", "pat held") if "metric" not in out.world.bodies[one]}
    out.gone(set(out.world.bodies) - stay)
    out.there(stay)


def _consent_off(shelf: Shelf, _acknowledge: object = None) -> None:
    shelf.consent(PAT, "off")


def _check_consent_off(out: Outcome) -> None:
    out.there(set(out.world.bodies))
    consents = out.shelf.account(PAT).consent
    assert not (out.done and consents)
    for one in out.shelf.listed(account=PAT):
        longest = timedelta(days=30 if one.lane.kind != "feedback" else 1827)
        assert consents or (one.expires - one.created <= longest and not one.lane.training)


def _check_all_there(out: Outcome) -> None:
    out.there(set(out.world.bodies))


def _rotate(shelf: Shelf, _acknowledge: object = None) -> None:
    work = rotating.begin(shelf.store, shelf.keyring, shelf.organisation("people").id, shelf.now)
    rotating.rotate(shelf.store, shelf.keyring, work, shelf.now)


def _check_rotate(out: Outcome) -> None:
    out.there(set(out.world.bodies))
    epochs = [epoch for _, epoch in out.shelf.store.catalogue.org_keys()]
    assert sorted(epochs) in ([1, 1], [1, 2]), "an older key is left"


def _rotate_root(shelf: Shelf, _acknowledge: object = None) -> None:
    shelf.keyring.rotate_root()


OPERATIONS: dict[str, Operation] = {
    "put": Operation(_put, _check_put),
    "delete": Operation(_delete, _check_delete),
    "delete-account": Operation(_delete_account, _check_delete_account, _account_again),
    "delete-organisation": Operation(_delete_organisation, _check_delete_organisation, _organisation_again),
    "hold": Operation(_hold, _check_hold),
    "release": Operation(_release, _check_release, _release_again, _before_release),
    "expire": Operation(_keeper, _check_expire, later=timedelta(days=29, hours=23)),
    "drop": Operation(_keeper, _check_drop, later=timedelta(days=40)),
    "consent-off": Operation(_consent_off, _check_consent_off),
    "pack": Operation(_keeper, _check_all_there),
    "rotate": Operation(_rotate, _check_rotate),
    "rotate-root": Operation(_rotate_root, _check_all_there),
}
