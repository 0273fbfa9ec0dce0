from __future__ import annotations

import base64
import hashlib
import json
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carnet.errors import DamagedError
from carnet.model.record import Form, Scope
from carnet.records import holding
from carnet.records.exporting import subject, training
from carnet.records.surveying import Unread
from carnet.stores.embedded.records import EmbeddedRecords
from carnet.stores.sql.partition import SqlPartition
from tests.records.kept import ACME, ANN, NOW, PAT, PEOPLE, QUINN, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Rows = list[dict[str, Any]]


@pytest.fixture
def other(shelf: Shelf, data: Path) -> Iterator[Shelf]:
    """The same store, as another process has it."""
    with closing(EmbeddedRecords(data)) as opened:
        yield Shelf(opened, shelf.now)


def rows(lines: Iterable[bytes]) -> tuple[Rows, dict[str, Any]]:
    """Rows and manifest, checked: every line is one, and the digest is of those before it."""
    told = list(lines)
    assert all(one.endswith(b"\n") and one.count(b"\n") == 1 for one in told)
    *before, last = told
    manifest = json.loads(last)["manifest"]
    assert manifest["lines"] == len(before)
    assert manifest["bytes"] == sum(len(one) for one in before)
    assert manifest["sha256"] == hashlib.sha256(b"".join(before)).hexdigest()
    return [json.loads(one) for one in before], manifest


def eligible(shelf: Shelf, purpose: str = "") -> set[str]:
    found, _ = rows(training(shelf.store, shelf.keyring, shelf.now, purpose))
    return {row["id"] for row in found}


def about(shelf: Shelf, email: str) -> Rows:
    found, manifest = rows(subject(shelf.store, shelf.keyring, shelf.account(email), shelf.now))
    assert (manifest["export"], manifest["account"]) == ("subject", email)
    return found


def ids(found: Rows) -> set[str]:
    return {row["id"] for row in found if "id" in row}


# --- what may train


def test_only_what_somebody_agreed_to_is_exported(shelf: Shelf) -> None:
    shelf.change(ACME, {"dpp": True})
    wanted = {shelf.kept(account=PAT), shelf.kept(account=ANN)}
    shelf.kept(account=QUINN)
    shelf.kept(account=PAT, provider="")
    shelf.kept(account=ANN, provider="bedrock")
    shelf.kept(account=PAT, kind="rating", flow="survey")
    shelf.kept(account=PAT, kind="metric", flow="metrics")
    shelf.kept(account=PAT, kind="metric", flow="inference")
    assert eligible(shelf) == wanted


def test_a_row_tells_what_was_decided_and_not_whose_it_is(shelf: Shelf) -> None:
    record = shelf.kept("a prompt", PAT, repository="r")
    ((row,), manifest) = rows(training(shelf.store, shelf.keyring, NOW))
    assert (row["id"], row["body"], row["session"], row["repository"]) == (record, "a prompt", "s1", "r")
    assert (row["retention"], row["training"], row["created"]) == ("years5", "yes", "2026-04-01T09:30:00Z")
    assert PAT not in json.dumps(row)
    assert (manifest["export"], manifest["purpose"], manifest["at"]) == ("training", None, "2026-04-01T09:30:00Z")


def test_an_export_of_nothing_says_so(shelf: Shelf) -> None:
    found, manifest = rows(training(shelf.store, shelf.keyring, NOW))
    assert (found, manifest["lines"], manifest["bytes"]) == ([], 0, 0)


def test_a_purpose_that_was_not_agreed_to_has_nothing(shelf: Shelf) -> None:
    talk = shelf.kept(account=PAT)
    report = shelf.kept(account=PAT, kind="feedback", flow="feedback")
    assert eligible(shelf, "model-improvement") == {talk, report}
    assert eligible(shelf, "safety") == {talk}
    assert eligible(shelf, "improvement") == {report}
    assert eligible(shelf, "advertising") == eligible(shelf, "model") == set()


def test_withdrawn_consent_ends_it_at_once_and_consent_given_again_brings_nothing_back(shelf: Shelf) -> None:
    before = shelf.kept(account=PAT)
    assert eligible(shelf) == {before}
    shelf.consent(PAT, "off")
    assert eligible(shelf) == set()
    shelf.consent(PAT, "on")
    after = shelf.kept(account=PAT)
    assert eligible(shelf) == {after}


def test_withdrawn_consent_counts_though_nothing_was_decided_again_yet(shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    pat = shelf.account(PAT)
    shelf.store.directory.change_account(replace(pat, consent=False), [])  # a change that stopped at its second step
    assert eligible(shelf) == set()


def test_consent_that_comes_later_makes_nothing_eligible(shelf: Shelf) -> None:
    shelf.kept(account=QUINN)
    shelf.consent(QUINN, "on")
    assert eligible(shelf) == set()


def test_a_programme_that_was_left_ends_it_at_once(shelf: Shelf) -> None:
    shelf.change(ACME, {"dpp": True})
    shelf.kept()
    shelf.change(ACME, {"dpp": False})
    assert eligible(shelf) == set()
    shelf.change(ACME, {"dpp": True})
    assert eligible(shelf) == set()


def test_zero_data_retention_ends_it_at_once(shelf: Shelf) -> None:
    shelf.change(ACME, {"dpp": True})
    record = shelf.kept()
    assert eligible(shelf) == {record}
    shelf.change(ACME, {"zdr": True})
    assert eligible(shelf) == set()


def test_a_flow_that_is_kept_no_more_is_exported_no_more(shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    shelf.change(PEOPLE, {}, {"inference": "none"})
    assert eligible(shelf) == set()


def test_what_has_ended_is_not_exported_though_no_keeper_came(shelf: Shelf) -> None:
    shelf.change(ACME, {"dpp": True})
    record = shelf.kept()
    shelf.later(days=30, microseconds=-1)
    assert eligible(shelf) == {record}
    shelf.later(microseconds=1)
    assert eligible(shelf) == set()


def test_a_hold_does_not_lengthen_what_may_train(shelf: Shelf) -> None:
    shelf.change(ACME, {"dpp": True})
    record = shelf.kept()
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "court", NOW)
    assert eligible(shelf) == {record}
    assert eligible(shelf.later(days=31)) == set()


def test_what_waits_to_be_erased_behind_a_hold_is_not_exported(shelf: Shelf) -> None:
    held = shelf.kept(account=PAT, session="s1")
    free = shelf.kept(account=PAT, session="s2")
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "court", NOW)
    assert eligible(shelf) == {held, free}
    assert shelf.erase(account=PAT, session="s1").queued
    assert eligible(shelf) == {free}


def test_an_account_that_is_being_deleted_exports_nothing(shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    shelf.store.directory.change_account(replace(shelf.account(PAT), closed=True), [])
    assert eligible(shelf) == set()


def test_consent_that_is_withdrawn_while_the_export_runs_counts_from_there_on(shelf: Shelf, other: Shelf) -> None:
    records = [shelf.kept(f"{number}", PAT, f"s{number}") for number in range(5)]
    running = training(shelf.store, shelf.keyring, NOW)
    assert json.loads(next(running))["id"] in records
    other.consent(PAT, "off")
    (rest,) = running
    assert json.loads(rest)["manifest"]["lines"] == 1


def test_consent_withdrawn_and_given_again_while_the_export_runs_brings_nothing_back(
    shelf: Shelf, other: Shelf
) -> None:
    for number in range(3):
        shelf.kept(f"{number}", PAT, f"s{number}")
    running = training(shelf.store, shelf.keyring, NOW)
    next(running)
    other.consent(PAT, "off")
    other.consent(PAT, "on")
    (rest,) = running
    assert json.loads(rest)["manifest"]["lines"] == 1


def test_what_is_erased_while_the_export_runs_is_left_out(shelf: Shelf, other: Shelf) -> None:
    for number in range(4):
        shelf.later(seconds=1).kept(f"{number}", PAT, f"s{number}")
    running = training(shelf.store, shelf.keyring, shelf.now)
    first = json.loads(next(running))
    other.erase(account=PAT, session="s3")
    found = [json.loads(one) for one in running]
    assert [first["body"], *(one["body"] for one in found[:-1])] == ["0", "1", "2"]


def test_a_key_that_is_destroyed_already_leaves_a_row_that_is_passed_over(shelf: Shelf) -> None:
    shelf.kept("one", PAT, "s1")
    left = shelf.kept("two", PAT, "s2")
    (partition,) = shelf.store.catalogue.partitions()
    (key,) = shelf.store.partition(partition.name).scoped_keys(Scope(session="s1"))
    shelf.store.keys.destroy(partition.name, [key.slot])  # an erasure that stopped at its first step
    assert eligible(shelf) == {left}
    assert ids(about(shelf, PAT)) == {left}


def test_damage_is_told_and_not_passed_over(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.kept(account=PAT)
    monkeypatch.setattr(SqlPartition, "data", lambda _, uids: dict.fromkeys(uids, b"other bytes"))
    with pytest.raises(DamagedError):
        eligible(shelf)


acts = st.lists(
    st.sampled_from(["put", "consent on", "consent off", "keep 7", "keep all", "days", "round"]), min_size=1, max_size=9
)


@settings(max_examples=7, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts)
def test_no_sequence_of_acts_exports_what_was_not_agreed_to_all_the_while(shelf: Shelf, said: list[str]) -> None:
    agreed: dict[str, bool] = {}
    consent = shelf.account(QUINN).consent
    for act in said:
        match act.split():
            case ["put"]:
                agreed[shelf.kept(account=QUINN)] = consent
            case ["consent", given_]:
                shelf.consent(QUINN, given_)
                consent = given_ == "on"
                agreed = {one: before and consent for one, before in agreed.items()}
            case ["keep", length]:
                shelf.change(PEOPLE, {}, {"inference": "days7" if length == "7" else ""})
            case ["days"]:
                shelf.later(days=3)
            case _:
                shelf.keep()
        found = eligible(shelf) & set(agreed)
        assert found <= {one for one, still in agreed.items() if still}
        assert all(one.expires > shelf.now for one in shelf.everything() if one.id in found)


# --- bodies


@pytest.mark.parametrize(
    ("body", "form", "told"),
    [
        (b"text \xc3\xa9 \0", Form.TEXT, {"body": "text é \0"}),
        (b"", Form.TEXT, {"body": ""}),
        (b'{"a": [1.50, null]}', Form.JSON, {"body": {"a": [1.5, None]}}),
        (b'{\r\n  "a": "b\\n"\n}\n', Form.JSON, {"body": {"a": "b\n"}}),
        (b"\xff\0", Form.BYTES, {"body": "/wA=", "encoding": "base64"}),
        (b"", Form.BYTES, {"body": "", "encoding": "base64"}),
        (b"no \xff text", Form.TEXT, {"body": base64.b64encode(b"no \xff text").decode(), "encoding": "base64"}),
        (b'"\xff"', Form.JSON, {"body": base64.b64encode(b'"\xff"').decode(), "encoding": "base64"}),
    ],
)
def test_a_body_is_told_on_one_line_whatever_it_is(
    shelf: Shelf, body: bytes, form: Form, told: dict[str, object]
) -> None:
    shelf.kept(body, PAT, form=form)
    ((row,), _) = rows(training(shelf.store, shelf.keyring, NOW))
    assert {name: row[name] for name in ("body", "encoding") if name in row} == told


def test_numbers_are_told_as_they_were_written(shelf: Shelf) -> None:
    shelf.kept(b'{"n": 1.10, "big": 123456789012345678901234567890}', PAT, form=Form.JSON)
    line = next(iter(training(shelf.store, shelf.keyring, NOW)))
    assert b'{"n": 1.10, "big": 123456789012345678901234567890}' in line


# --- everything about a person


def test_a_person_gets_everything_and_nobody_elses(shelf: Shelf) -> None:
    kinds = {"exchange": "inference", "feedback": "feedback", "metric": "metrics", "transcript": "transcript-share"}
    mine = {shelf.kept(f"pat {kind}", PAT, kind=kind, flow=flow) for kind, flow in kinds.items()}
    mine |= {shelf.kept("pat held", PAT, "s2"), shelf.kept("pat elsewhere", PAT, repository="r", provider="bedrock")}
    for someone in (ANN, QUINN):
        shelf.kept(f"not pat's {someone}", someone)
        shelf.kept(f"not pat's {someone}", someone, "s2")
    shelf.later(hours=1).keep()
    holding.hold(shelf.store, shelf.keyring, [one.session for one in shelf.listed(account=PAT, session="s2")], "c", NOW)
    found = about(shelf, PAT)
    assert ids(found) == mine == shelf.ids(account=PAT)
    assert "not pat's" not in json.dumps(found)
    assert {row["body"] for row in found if row.get("held")} == {"pat held"}
    assert {row["hold"]["reason"] for row in found if "hold" in row} == {"c"}
    assert len(found) == 1 + 1 + len(mine)


def test_a_person_is_told_of_the_account_and_its_consent(shelf: Shelf) -> None:
    shelf.later(hours=1).consent(PAT, "off")
    assert about(shelf, PAT)[0] == {
        "account": PAT,
        "organisation": PEOPLE,
        "terms": "consumer",
        "tier": "pro",
        "created": "2026-04-01T09:30:00Z",
        "model_improvement": "off",
        "history": [
            {"at": "2026-04-01T09:30:00Z", "what": "model-improvement", "value": "on"},
            {"at": "2026-04-01T10:30:00Z", "what": "model-improvement", "value": "off"},
        ],
    }


def test_others_holds_are_not_told(shelf: Shelf) -> None:
    shelf.kept(account=PAT)
    shelf.kept(account=QUINN)
    quinns = [one.session for one in shelf.listed(account=QUINN)]
    holding.hold(shelf.store, shelf.keyring, quinns, "quinn's matter", NOW)
    assert "quinn's matter" not in json.dumps(about(shelf, PAT))
    assert "quinn's matter" in json.dumps(about(shelf, QUINN))


def test_a_rating_is_in_nobodys_export(shelf: Shelf) -> None:
    shelf.change(ACME, {"dpp": True})
    for someone in (ANN, PAT, QUINN):
        shelf.kept("a rating of mine", someone, kind="rating", flow="survey")
    assert len(shelf.everything()) == 3
    for someone in (ANN, PAT, QUINN):
        assert ids(about(shelf, someone)) == set()
    assert eligible(shelf) == set()


def test_what_waits_to_be_erased_behind_a_hold_is_still_told_to_its_person(shelf: Shelf) -> None:
    record = shelf.kept(account=PAT)
    holding.hold(shelf.store, shelf.keyring, shelf.sessions("s1"), "court", NOW)
    shelf.erase(account=PAT)
    assert ids(about(shelf, PAT)) == {record}


def test_what_is_held_while_the_export_runs_is_in_it_all_the_same(shelf: Shelf, other: Shelf) -> None:
    wanted = {shelf.kept(f"{number}", PAT, f"s{number}") for number in range(4)}
    running = subject(shelf.store, shelf.keyring, shelf.account(PAT), NOW)
    told = [next(running), next(running)]
    sessions = [one for name in ("s2", "s3") for one in other.sessions(name)]
    holding.hold(other.store, other.keyring, sessions, "court", NOW)
    found, _ = rows([*told, *running])
    assert ids(found) == wanted


def test_a_person_without_records_is_told_that_much(shelf: Shelf) -> None:
    assert [list(row) for row in about(shelf, ANN)] == [
        ["account", "organisation", "terms", "tier", "created", "model_improvement", "history"]
    ]


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from([ANN, PAT, QUINN]), st.sampled_from("ab"), st.binary(max_size=9)), max_size=9)
)
def test_the_exports_of_all_people_are_all_records_and_share_none(
    shelf: Shelf, given_: list[tuple[str, str, bytes]]
) -> None:
    shelf.put(*(shelf.draft(body, account, session) for account, session, body in given_))
    found = [ids(about(shelf, someone)) for someone in (ANN, PAT, QUINN)]
    assert sum(len(one) for one in found) == len(set().union(*found)) == len(shelf.everything())


def test_time_is_told_in_the_manifest(shelf: Shelf) -> None:
    _, manifest = rows(subject(shelf.store, shelf.keyring, shelf.account(ANN), NOW + timedelta(days=1)))
    assert manifest["at"] == "2026-04-02T09:30:00Z"


def test_beside_a_damaged_body_everything_else_comes_and_its_partition_is_named(shelf: Shelf) -> None:
    shelf.kept("lost", PAT, "s1")
    shelf.later(hours=1).keep()
    shelf.kept("whole", PAT, "s2")
    (name,) = shelf.store.objects.names("bodies")
    content = shelf.store.objects.get(name)
    shelf.store.objects.put(name, content[:-1] + bytes([content[-1] ^ 1]))
    exports: list[Callable[[list[Unread] | None], Iterator[bytes]]] = [
        lambda unread: training(shelf.store, shelf.keyring, shelf.now, "", unread),
        lambda unread: subject(shelf.store, shelf.keyring, shelf.account(PAT), shelf.now, unread),
    ]
    for export in exports:
        unread = list[Unread]()
        rows = [json.loads(line) for line in export(unread)]
        assert [row["body"] for row in rows if "body" in row] == ["whole"]
        assert rows[-1]["manifest"]["unread"] == [one.name for one in unread] == ["years5-2031-04"]
        assert "not the ones that were written" in str(unread[0].why)
        with pytest.raises(DamagedError):
            list(export(None))
