from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client.parser import text_string_to_metric_families

from carnet.accounts.keys import make_key
from carnet.errors import StoreError
from carnet.gateway.board import PATH, Board
from carnet.gateway.metrics import Metrics
from carnet.web.metrics import numbers
from tests.records.kept import ANN

if TYPE_CHECKING:
    import pytest
    from starlette.testclient import TestClient

    from carnet.settings import Settings
    from tests.records.kept import Shelf


def test_whoever_has_not_signed_in_is_shown_nothing(stranger: TestClient) -> None:
    found = stranger.get("/metrics")
    assert (found.status_code, "carnet_relay" in found.text) == (303, False)
    assert stranger.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code == 401


def test_the_administrator_sees_what_all_processes_of_the_relay_have_counted(
    signed_in: TestClient, settings: Settings
) -> None:
    board = Board.make(settings.data / PATH)
    for place in (0, 1):
        Metrics(board, place).refused.add("401", "key-missing", count=2)
    found = signed_in.get("/metrics")
    assert found.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = {one.name: one for one in text_string_to_metric_families(found.text)}
    assert [one.value for one in families["carnet_relay_refused"].samples] == [4.0]
    assert [one.value for one in families["carnet_relay_processes"].samples] == [2.0]


def test_intake_and_checks_of_hosts_are_told_beside_it(signed_in: TestClient, shelf: Shelf) -> None:
    _, key = make_key(shelf.store.api_keys, shelf.account(ANN), ["intake"], None, "test", shelf.now)
    signed_in.post("/api/survey", json={"rating": 1}, headers={"authorization": f"Bearer {key}"})
    signed_in.get("/api/web/domain_info?domain=a.test")
    lines = signed_in.get("/metrics").text.splitlines()
    assert 'carnet_intake_reports_total{flow="survey",outcome="kept"} 1' in lines
    assert 'carnet_intake_domain_checks_total{reason="passed"} 1' in lines


def test_while_the_store_cannot_be_read_everything_else_is_told(
    signed_in: TestClient, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise StoreError("the catalogue is damaged")

    monkeypatch.setattr(type(shelf.store.sinks), "listed", broken)
    found = signed_in.get("/metrics")
    assert found.status_code == 200
    assert "\ncarnet_relay_processes 0\n" in found.text
    assert "carnet_intake_domain_checks_total" in found.text


def test_where_no_relay_has_run_there_are_no_processes(signed_in: TestClient, settings: Settings) -> None:
    assert "\ncarnet_relay_processes 0\n" in signed_in.get("/metrics").text
    (settings.data / "run").mkdir()
    (settings.data / PATH).write_text("no board")
    assert numbers(settings.data / PATH) == {}
