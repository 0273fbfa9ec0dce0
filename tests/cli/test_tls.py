"""`carnet tls`: what was made, what to hand out, and to whom it belongs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from carnet.gateway.tls import server_context
from carnet.settings import load

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Carnet


def test_init_says_what_to_hand_out_and_how_clients_name_it(carnet: Carnet, data: Path) -> None:
    ended = carnet("tls", "init", "--host", "carnet.test", "--host", "10.0.0.7")
    assert ended.status == 0, ended.err
    assert f"Hand out {data}/tls/ca.pem, that file alone" in ended.out
    assert "NODE_EXTRA_CA_CERTS=ca.pem" in ended.out
    assert "SSL_CERT_FILE=ca.pem" in ended.out
    assert "for carnet.test, localhost, 10.0.0.7, 127.0.0.1, ::1, until" in ended.out
    assert "PRIVATE" not in ended.out
    settings = load({"CARNET_DATA": str(data), "CARNET_RELAY_HOST": "0.0.0.0"}, data / "none.toml")
    assert server_context(settings) is not None


def test_a_second_init_changes_nothing_and_says_what_to_do(carnet: Carnet, data: Path) -> None:
    carnet("tls", "init")
    before = {file: file.read_bytes() for file in (data / "tls").iterdir()}
    ended = carnet("tls", "init", "--host", "carnet.test")
    assert ended.status == 2
    assert "nothing is overwritten" in ended.err
    assert {file: file.read_bytes() for file in (data / "tls").iterdir()} == before


def test_another_folder_is_told_with_the_settings_for_it(carnet: Carnet, data: Path, tmp_path: Path) -> None:
    ended = carnet("tls", "init", "--dir", str(tmp_path / "pki"))
    assert ended.status == 0
    assert f'tls.certificate = "{tmp_path}/pki/server.pem"' in ended.out
    assert not (data / "tls").exists()
    assert carnet("tls", "init", "--dir", "").status == 2


def test_show_tells_whom_it_is_for_until_when_and_its_fingerprint(carnet: Carnet, data: Path) -> None:
    assert carnet("tls", "show").status == 2
    carnet("tls", "init", "--host", "carnet.test")
    rows = json.loads(carnet("tls", "show", "--json").out)["certificates"]
    assert [(row["file"].rpartition("/")[2], row["hosts"][:1], row["expired"]) for row in rows] == [
        ("server.pem", ["carnet.test"], False),
        ("ca.pem", [], False),
    ]
    out = carnet("tls", "show").out
    assert all(row["sha256"] in out for row in rows)
    assert str(data) in out
    assert "PRIVATE" not in out
