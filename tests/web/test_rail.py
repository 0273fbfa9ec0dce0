from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from carnet.documents.compare import read_comparison
from carnet.settings import load
from carnet.web.rail import jumps, rail
from carnet.web.site import Site
from tests.web import sample
from tests.web.sample import FIRST, SECOND, START

if TYPE_CHECKING:
    from carnet.model.difference import Comparison
    from carnet.model.document import Document
    from carnet.stores.contract import Store

DAY = timedelta(days=1)


def compared(store: Store, document: Document, old: int, new: int) -> Comparison:
    versions = store.documents.versions(document.id)
    return read_comparison(store.documents, document, versions[old - 1], versions[new - 1])


def test_the_month_of_a_comparison_stands_beside_it_newest_first(store: Store) -> None:
    one, other = (store.documents.add_document(sample.document("c", name)) for name in ("one", "other"))
    store.documents.record([sample.seen(one, START, FIRST), sample.seen(one, START + 4 * DAY, SECOND)])
    store.documents.record([sample.seen(other, START + n * DAY, f"{n}\n") for n in (2, 8)])
    found = rail(Site(store, load({})), one, compared(store, one, 1, 2))
    assert found.label == "April 2026"
    assert [(stop.at.day, stop.touched, stop.here) for stop in found.stops] == [
        (9, False, False),
        (5, True, True),
        (3, False, False),
        (1, True, False),
    ]
    assert found.stops[1].href == "/documents/c/one/2026-04-03T0709..2026-04-05T0709"
    assert found.stops[-1].href == "/documents/c/one/at/2026-04-01T0709"
    assert (found.earlier, found.later) == ("", "")


def test_the_neighbouring_months_are_found_however_far_away(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    days = (0, 1, 300, 301, 2000)
    store.documents.record([sample.seen(one, START + n * DAY, f"{n}\n") for n in days])
    found = rail(Site(store, load({})), one, compared(store, one, 3, 4))
    assert (found.earlier_label, found.later_label) == ("April", "September")
    assert found.earlier == "/documents/c/one/2026-04-01T0709..2026-04-02T0709"
    assert found.later == "/documents/c/one/2027-01-27T0709..2031-09-22T0709"


def test_every_change_can_be_jumped_to(store: Store) -> None:
    one = store.documents.add_document(sample.document("c", "one"))
    store.documents.record([sample.seen(one, START, FIRST), sample.seen(one, START + DAY, SECOND)])
    found = jumps(compared(store, one, 1, 2))
    assert [(jump.anchor, jump.added, jump.removed) for jump in found] == [("c1", 1, 1), ("c2", 1, 0)]
    assert found[1].section == "Telemetry"
