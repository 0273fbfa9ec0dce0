"""Plain answers about records: what `--json` prints and the pages show."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from carnet.documents.instants import written
from carnet.records.reading import listing
from carnet.records.retention import by_length
from carnet.records.surveying import asked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from carnet.model.account import Account, Act, Organisation
    from carnet.model.record import Hold, Record, Scope, Session, Tally
    from carnet.records.surveying import Unread
    from carnet.stores.records_contract import RecordStore

Answer = dict[str, object]


class Names:
    """The names of organisations and accounts, and what is held, read once for many rows."""

    def __init__(self, store: RecordStore) -> None:
        self.organisations: Mapping[int, Organisation] = {one.id: one for one in store.directory.organisations()}
        self.accounts: Mapping[int, Account] = {one.id: one for one in store.directory.accounts()}
        self.holds: Mapping[Session, Hold] = {one.session: one for one in store.catalogue.holds()}

    def organisation(self, number: int) -> str:
        found = self.organisations.get(number)
        return found.name if found else f"(organisation {number})"

    def account(self, number: int) -> str | None:
        """The address; None for what is nobody's."""
        if not number:
            return None
        found = self.accounts.get(number)
        return found.email if found else f"(account {number})"


def record_answer(record: Record, names: Names) -> Answer:
    session, lane = record.session, record.lane
    held = names.holds.get(session)
    return {
        "id": record.id,
        "kind": lane.kind,
        "flow": lane.flow,
        "provider": lane.provider or None,
        "org": names.organisation(session.organisation),
        "account": names.account(session.account),
        "session": session.name or None,
        "repository": session.repository or None,
        "created": written(record.created),
        "expires": written(record.expires),
        "retention": lane.retention,
        "training": "yes" if lane.training else "no",
        "purposes": list(lane.purposes),
        "rules": list(lane.rules),
        "bytes": record.size,
        "hold": held.reason if held else None,
    }


def record_answers(
    store: RecordStore, scope: Scope, kind: str = "", unread: list[Unread] | None = None
) -> Iterator[Answer]:
    """Records, oldest first, one by one. What cannot be read is added to `unread`."""
    names = Names(store)
    return (record_answer(one, names) for one in listing(store, scope, kind, unread))


def stats_answer(store: RecordStore, unread: list[Unread] | None = None) -> Answer:
    """How much is kept, by class, and by organisation and kind below it; from the tallies, so no row is counted."""
    names = Names(store)
    tallies = [one for _, found in asked(store, lambda where: where.tallies(), unread) for one in found]
    return {
        "classes": _summed(tallies, lambda one: {"retention": one.lane.retention}),
        "rows": _summed(
            tallies,
            lambda one: {
                "retention": one.lane.retention,
                "org": names.organisation(one.organisation),
                "kind": one.lane.kind,
                "flow": one.lane.flow,
                "training": "yes" if one.lane.training else "no",
            },
        ),
        "held": len(names.holds),
        "waiting": sum(1 for work in store.catalogue.works() if work.kind == "erase"),
        "log": {"entries": store.catalogue.size()},
    }


def _summed(tallies: Iterable[Tally], heading: Callable[[Tally], Answer]) -> list[Answer]:
    found: dict[tuple[object, ...], tuple[Answer, list[int]]] = {}
    for one in tallies:
        row = heading(one)
        _, sums = found.setdefault(tuple(row.values()), (row, [0, 0]))
        sums[0] += one.records
        sums[1] += one.bytes
    return [{**row, "records": sums[0], "bytes": sums[1]} for row, sums in sorted(found.values(), key=_order)]


def _order(found: tuple[Answer, list[int]]) -> tuple[object, ...]:
    """By class, the shortest first, then by whatever else there is."""
    row, _ = found
    return by_length(str(row["retention"])), [str(value) for value in row.values()]


def organisation_answer(store: RecordStore, one: Organisation) -> Answer:
    return {
        "name": one.name,
        "terms": one.terms,
        "tier": one.tier,
        "created": written(one.created),
        "zdr": one.zdr,
        "dpp": one.dpp,
        "product_feedback": one.product_feedback,
        "keep": dict(one.keep),
        "recording": one.recording,
        "limits": asdict(one.caps),
        "closed": one.closed,
        "accounts": len(store.directory.accounts(one.id)),
    }


def account_answer(one: Account, names: Names) -> Answer:
    organisation = names.organisations.get(one.organisation)
    return {
        "email": one.email,
        "org": names.organisation(one.organisation),
        "tier": one.tier or (organisation.tier if organisation else ""),
        "created": written(one.created),
        "model_improvement": "on" if one.consent else "off",
        "closed": one.closed,
    }


def acts_answer(acts: Iterable[Act]) -> list[Answer]:
    return [{"at": written(one.at), "what": one.what, "value": one.value} for one in acts]
