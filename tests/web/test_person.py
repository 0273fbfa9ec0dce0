"""A person as pages and API tell them: everything but bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carnet.web.person import person_of
from tests.records.kept import PAT, QUINN, Shelf

if TYPE_CHECKING:
    from carnet.stores.contract import Store


def test_a_person_is_told_with_consent_classes_and_sessions(store: Store) -> None:
    shelf = Shelf(store.records).settle()
    shelf.kept("x", PAT, "s1")
    shelf.later(seconds=1).kept("x", PAT, "s2")
    shelf.kept("x", QUINN, "s1")
    person = person_of(shelf.store, shelf.account(PAT))
    assert (person.scope.account, person.answer["email"]) == (shelf.account(PAT).id, PAT)
    whole = person.whole
    assert [act["value"] for act in whole["history"]] == ["on"]  # type: ignore[attr-defined]
    assert [one["session"] for one in whole["sessions"]] == ["s2", "s1"]  # type: ignore[attr-defined]
    assert whole["kept"]["years5"]["records"] == 2  # type: ignore[index]
