from __future__ import annotations

import pytest

from carnet.errors import AmbiguousError, CarnetError, GoneError, NotFoundError
from carnet.model.record import Scope
from carnet.records import holding
from carnet.records.scoping import narrowed, one_owner, scope_of, sessions_of
from tests.records.kept import ACME, ANN, NOW, PAT, PEOPLE, QUINN, Shelf


def test_names_become_numbers(shelf: Shelf) -> None:
    acme, people = shelf.organisation(ACME).id, shelf.organisation(PEOPLE).id
    pat = shelf.account(PAT).id
    assert scope_of(shelf.store) == Scope()
    assert scope_of(shelf.store, org=ACME) == Scope(acme)
    assert scope_of(shelf.store, account=PAT) == Scope(people, pat)
    assert scope_of(shelf.store, org=PEOPLE, account=PAT.upper()) == Scope(people, pat)
    assert scope_of(shelf.store, session="s", repository="r") == Scope(0, 0, "s", "r")


def test_names_of_nobody_are_told(shelf: Shelf) -> None:
    with pytest.raises(NotFoundError, match="no organisation 'nobody'"):
        scope_of(shelf.store, org="nobody")
    with pytest.raises(NotFoundError, match="no account 'nobody'"):
        scope_of(shelf.store, account="nobody")


def test_an_account_of_another_organisation_is_not_meant_by_accident(shelf: Shelf) -> None:
    with pytest.raises(CarnetError, match="is not of the organisation acme"):
        scope_of(shelf.store, org=ACME, account=PAT)


def test_sessions_are_those_with_records_and_those_that_are_held(shelf: Shelf) -> None:
    shelf.kept(session="s1")
    shelf.kept(session="s1", repository="r")
    shelf.kept(session="s2", account=PAT)
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s2"), "court", NOW)
    shelf.keep(due=NOW.replace(year=2040))
    assert [(one.name, one.repository) for one in sessions_of(shelf.store, Scope())] == [("s2", "")]
    shelf.kept(session="s1", repository="r")
    assert [(one.name, one.repository) for one in sessions_of(shelf.store, Scope(session="s1"))] == [("s1", "r")]
    assert sessions_of(shelf.store, Scope(shelf.organisation(ACME).id, session="s2")) == []


def test_a_session_without_records_that_is_held_is_still_known(shelf: Shelf) -> None:
    shelf.kept(session="s1")
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "court", NOW)
    for name in [one.name for one in shelf.store.catalogue.partitions()]:
        where = shelf.store.partition(name)
        where.remove([one.uid for one in where.chunks(Scope())])
    assert [one.name for one in sessions_of(shelf.store, Scope(session="s1"))] == ["s1"]


def test_a_session_that_one_account_has_is_found_with_all_its_parts(shelf: Shelf) -> None:
    shelf.put(shelf.draft(repository="a"), shelf.draft(repository="b"), shelf.draft(session="s2"))
    scope, sessions = one_owner(shelf.store, Scope(session="s1"))
    account = shelf.account(ANN)
    assert scope == Scope(account.organisation, account.id, "s1")
    assert [one.repository for one in sessions] == ["a", "b"]
    assert one_owner(shelf.store, Scope(session="s1", repository="b"))[1] == sessions[1:]


def test_a_session_that_nobody_has_is_gone(shelf: Shelf) -> None:
    shelf.kept(session="s2")
    with pytest.raises(GoneError, match="nothing is kept of the session 's1'"):
        one_owner(shelf.store, Scope(session="s1"))


@pytest.mark.parametrize("others", [(ANN, PAT), (PAT, QUINN), (ANN, PAT, QUINN)])
def test_a_session_of_two_tenants_is_nobodys_to_touch(shelf: Shelf, others: tuple[str, ...]) -> None:
    for one in others:
        shelf.kept(account=one)
    before = shelf.ids()
    with pytest.raises(AmbiguousError, match="say whose with --account") as fault:
        one_owner(shelf.store, Scope(session="s1"))
    assert sorted(fault.value.candidates) == sorted(others)
    assert shelf.ids() == before
    assert shelf.store.catalogue.works() == []
    assert shelf.store.catalogue.holds() == []


def test_said_whose_it_is_the_others_is_not_touched(shelf: Shelf) -> None:
    mine, theirs = shelf.kept("mine"), shelf.kept("theirs", PAT)
    scope, sessions = one_owner(shelf.store, scope_of(shelf.store, account=ANN, session="s1"))
    assert len(sessions) == 1
    holding.hold(shelf.store, shelf.keyring, sessions, "court", NOW)
    assert [one.session.account for one in shelf.store.catalogue.holds()] == [scope.account]
    holding.release(shelf.store, shelf.keyring, sessions, "settled", NOW)
    shelf.erase(account=ANN, session="s1")
    assert shelf.ids() == {theirs}
    assert shelf.shown(theirs) == b"theirs"
    with pytest.raises(GoneError):
        shelf.shown(mine)


def test_an_organisation_is_enough_to_say_whose(shelf: Shelf) -> None:
    shelf.kept()
    shelf.kept(account=PAT)
    scope, _ = one_owner(shelf.store, scope_of(shelf.store, org=PEOPLE, session="s1"))
    assert scope.account == shelf.account(PAT).id


def test_a_repository_of_two_tenants_is_nobodys_to_touch(shelf: Shelf) -> None:
    shelf.kept(repository="r")
    people = shelf.organisation(PEOPLE).id
    assert narrowed(shelf.store, {"repository": "r"})[0] == Scope(shelf.organisation(ACME).id, repository="r")
    shelf.kept(account=PAT, repository="r")
    with pytest.raises(AmbiguousError, match="several organisations have a repository 'r'") as it:
        narrowed(shelf.store, {"repository": "r"})
    assert sorted(it.value.candidates) == sorted([ACME, PEOPLE])
    scope, sessions = narrowed(shelf.store, {"repository": "r", "org": PEOPLE})
    assert (scope, [one.organisation for one in sessions]) == (Scope(people, repository="r"), [people])


def test_a_repository_of_which_nothing_is_kept_is_said_to_be_none_and_not_erased(shelf: Shelf) -> None:
    shelf.kept(repository="r")
    for names in ({"repository": "R"}, {"repository": "R", "org": ACME}, {"repository": "R", "account": ANN}):
        with pytest.raises(GoneError, match="nothing is kept of the repository 'R'"):
            narrowed(shelf.store, names)
    assert narrowed(shelf.store, {"org": PEOPLE})[1] == []


def test_a_rating_is_of_no_session_that_could_be_meant(shelf: Shelf) -> None:
    shelf.kept(account=PAT, kind="rating", flow="survey")
    with pytest.raises(GoneError):
        one_owner(shelf.store, Scope(session="s1"))
