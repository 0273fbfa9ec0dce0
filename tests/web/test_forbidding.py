from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from carnet.web.forbidding import forbidding

if TYPE_CHECKING:
    from starlette.testclient import TestClient

DAY = date(2026, 4, 1)


@pytest.mark.parametrize("flow", ["feedback", "survey", "transcript-share"])
def test_a_rule_is_explained_where_it_decides(client: TestClient, flow: str) -> None:
    found = forbidding(flow, f"{flow}.product-feedback-off", DAY)
    assert "allows no product feedback" in found.means
    twin = client.get(found.href.replace("?", ".json?")).json()
    assert twin["rule"] == found.rule


def test_what_is_no_rule_of_the_pack_is_said_without_an_address() -> None:
    assert "off unless somebody turns them on" in forbidding("metrics", "provider-default", DAY).means
    assert forbidding("metrics", "organisation.keep", DAY).href == ""
    assert "no rule" in forbidding("metrics", "from-a-later-version", DAY).means
