from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.testclient import TestClient

from carnet.settings import SETTINGS
from carnet.web.app import make_app

if TYPE_CHECKING:
    from carnet.settings import Settings
    from carnet.stores.contract import Store


def test_every_setting_is_listed_with_value_and_origin(client: TestClient) -> None:
    rows = client.get("/about.json").json()["settings"]
    assert [row["name"] for row in rows] == [setting.name for setting in SETTINGS]
    text = client.get("/about").text
    assert all(setting.name in text for setting in SETTINGS)


def test_a_password_in_a_proxy_address_is_not_shown(store: Store, settings: Settings) -> None:
    secret = settings.with_option("net.https-proxy", "http://me:hunter2@proxy.example:3128")
    with TestClient(make_app(store, secret), base_url="http://localhost") as client:
        for path in ("/about", "/about.json"):
            text = client.get(path).text
            assert "hunter2" not in text
            assert "proxy.example:3128" in text
