from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from carnet.errors import CarnetError
from carnet.web.asking import Asked, day_query, default_pack, is_plain, named_pack, read_asked

TODAY = date(2026, 8, 22)
FACTS = {
    "provider": ["anthropic", "bedrock", "llm-gateway"],
    "tier": ["free", "team"],
    "org.zdr": ["on", "off", "?"],
    "env.DISABLE_TELEMETRY": ["1", "0", '""', "?", "a b&c=d"],
    "settings.skipWebFetchPreflight": ["true", "false", "?"],
    "settings.feedbackSurveyRate": ["0", "0.5", "1"],
    "client_version": ["2.1.198"],
}


def ask(query: str) -> Asked:
    return read_asked(QueryParams(query), TODAY)


@given(st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in FACTS.items()}))
def test_an_address_says_the_same_when_it_is_written_again(given: dict[str, str]) -> None:
    first = read_asked(QueryParams(given), TODAY)
    again = ask(first.query())
    assert (again.given, again.shared, again.day) == (first.given, first.shared, first.day)
    assert dict(parse_qsl(first.query())) == {"as_of": "2026-08-22", **given}


def test_a_fact_left_out_has_its_default_and_one_not_known_has_none() -> None:
    asked = ask("as_of=2026-08-22")
    at = asked.tables.place["org.zdr"]
    assert asked.shared[at] == "off*"
    assert ask("org.zdr=?").shared[at] is None
    assert ask("org.zdr=off").shared[at] == "off"


def test_a_variable_set_to_nothing_is_not_one_that_is_left_out() -> None:
    assert ask('env.DISABLE_TELEMETRY=""').context.facts["env.DISABLE_TELEMETRY"] == ""
    assert "env.DISABLE_TELEMETRY" not in ask("env.DISABLE_TELEMETRY=").context.facts


def test_a_field_has_the_last_word_over_the_json_beside_it() -> None:
    asked = ask('context={"provider":"bedrock","tier":"team","as_of":"2026-04-23"}&provider=vertex')
    assert (asked.given["provider"], asked.given["tier"], asked.day) == ("vertex", "team", date(2026, 4, 23))


def test_a_form_s_empty_fields_make_an_address_that_is_not_plain() -> None:
    assert is_plain(QueryParams("as_of=2026-04-23&tier=pro"))
    assert not is_plain(QueryParams("as_of=2026-04-23&tier="))
    assert not is_plain(QueryParams("context={}"))


def test_another_pack_is_named_in_its_addresses() -> None:
    assert ask("pack=codex&as_of=2026-08-22").query().startswith("pack=codex&as_of=2026-08-22")
    assert "pack" not in day_query(default_pack(), TODAY)
    with pytest.raises(CarnetError, match=r"there are: claude-code, codex, carnet\."):
        named_pack("heron")


@pytest.mark.parametrize("name", ["settings.x", "env.UNHEARD_OF"])
def test_names_that_no_rule_reads_are_carried_along(name: str) -> None:
    assert ask(f"{name}=1").given == {name: "1"}


def test_a_name_that_is_no_fact_cannot_be_said_to_be_unknown_either() -> None:
    with pytest.raises(CarnetError, match="unknown fact"):
        ask("heron=?")
