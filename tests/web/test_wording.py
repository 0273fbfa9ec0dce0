from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from carnet.errors import CarnetError
from carnet.packs import load
from carnet.policy.rulebook import BASES as KNOWN_BASES
from carnet.policy.rulebook import rulebook
from carnet.web.wording import (
    BASES,
    MEANINGS,
    RECIPIENTS,
    RETENTION,
    VERDICTS,
    Wording,
    assignment,
    either,
    wording,
)

if TYPE_CHECKING:
    from pathlib import Path


def test_parts_are_listed_as_people_list_them() -> None:
    assert [either(list("abc")[:count], "and") for count in range(4)] == ["", "a", "a and b", "a, b and c"]


def test_an_assignment_is_written_as_its_file_writes_it() -> None:
    assert assignment("env.DISABLE_TELEMETRY", "1") == "DISABLE_TELEMETRY=1"
    assert assignment("settings.skipWebFetchPreflight", "true") == "skipWebFetchPreflight: true"
    assert assignment("env.DISABLE_TELEMETRY", "") == "DISABLE_TELEMETRY unset"


def test_every_recipient_and_retention_class_of_every_pack_has_words() -> None:
    for pack in load():
        then = [pair for rule in rulebook(pack).rules for pair in rule.then]
        for aspect, value in then:
            if aspect == "recipients" and not isinstance(value, str):
                known = {*RECIPIENTS, *wording(pack.folder).words.get("recipient", {})}
                assert set(value) <= known, pack.id
            if aspect == "retention":
                assert value in RETENTION
            if aspect == "verdict":
                assert value in VERDICTS


def test_the_cloud_provider_is_named_where_it_is_known() -> None:
    words = wording(next(pack.folder for pack in load() if pack.id == "claude-code"))
    assert words.recipient("provider", "bedrock") == "Amazon Bedrock"
    assert words.recipient("provider") == "the cloud provider"
    assert Wording({}).title("tier", "team") == "team"


def test_a_pack_without_words_shows_its_ids(tmp_path: Path) -> None:
    assert wording(tmp_path).recipient("own-collector") == "the organisation’s own collector"
    assert wording(tmp_path).chosen("provider", "bedrock") == ""


@pytest.mark.parametrize("text", ["[", "provider = 1", "[provider.x]\ntitle = 1", "[provider.x]\nheron = 'a'"])
def test_a_broken_file_of_words_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "words.toml").write_text(text)
    with pytest.raises(CarnetError, match=r"words\.toml: the pack's file cannot be read"):
        wording(tmp_path)


def test_a_pack_may_say_in_its_own_words_what_a_page_says() -> None:
    own = wording(next(pack.folder for pack in load() if pack.id == "carnet"))
    assert own.said("explain-about", "It sends") == "It is about"
    assert own.said("no-such-place", "as ever") == Wording({}).said("explain-about", "as ever") == "as ever"
    assert own.meanings()["on"] == "kept here"
    assert Wording({}).meanings() == MEANINGS


def test_every_basis_a_rule_may_have_is_told_in_words() -> None:
    assert set(BASES) == set(KNOWN_BASES)
