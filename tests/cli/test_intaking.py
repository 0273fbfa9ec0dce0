"""Where `carnet serve` takes reports: gRPC on its own port, TLS beyond loopback."""

from __future__ import annotations

import os
import socket
import ssl
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from carnet.cli import intaking
from carnet.cli.handing import Handed
from carnet.errors import CarnetError
from carnet.gateway.certificates import make_files
from carnet.gateway.tls import FOLDER, server_context

if TYPE_CHECKING:
    from pathlib import Path

    from carnet.settings import Settings


def test_a_free_port_is_taken_where_the_pages_take_one(settings: Settings) -> None:
    assert intaking.port_of(settings) == 8419
    assert intaking.port_of(settings.with_option("web.port", "0")) == 0
    assert intaking.port_of(settings.with_option("web.port", "0").with_option("intake.grpc-port", "4317")) == 4317
    with pytest.raises(CarnetError, match="65535"):
        intaking.port_of(settings.with_option("intake.grpc-port", "65536"))


def test_a_port_that_somebody_chose_must_be_had_the_default_need_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        chosen = settings.with_option("intake.grpc-port", str(port))
        with pytest.raises(CarnetError, match="cannot be had for gRPC"), intaking.listen(chosen):
            pass
        monkeypatch.setattr(intaking, "port_of", lambda _: port)
        with intaking.listen(settings) as bound:
            assert bound is None
    assert f"port {port} on 127.0.0.1 cannot be had for gRPC" in capsys.readouterr().err


def test_where_it_listens_is_told(settings: Settings) -> None:
    with intaking.listen(settings.with_option("web.port", "0")) as bound:
        assert bound is not None
        port = bound.getsockname()[1]
        assert intaking.told(bound, secure=False) == f"  OTLP over gRPC: http://127.0.0.1:{port}"


def test_a_socket_that_was_handed_over_is_used_where_the_settings_have_it(settings: Settings) -> None:
    near = settings.with_option("web.port", "0")
    with socket.create_server(("127.0.0.1", 0)) as before:
        port = before.getsockname()[1]
        with intaking.listen(near, Handed(grpc=(os.dup(before.fileno()),))) as bound:
            assert bound is not None
            assert bound.getsockname()[1] == port
        free = near.with_option("intake.grpc-port", "65000")
        given = os.dup(before.fileno())
        with intaking.listen(free.with_option("web.host", "127.0.0.2"), Handed(grpc=(given,))) as bound:
            assert bound is not None
            assert bound.getsockname() == ("127.0.0.2", 65000)
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(given)
        with intaking.listen(free, Handed(grpc=(os.dup(before.fileno()),), pinned=True)) as bound:
            assert bound is not None
            assert bound.getsockname()[1] == port


def test_a_socket_of_systemd_is_not_taken_for_nearer_than_it_is(settings: Settings) -> None:
    with (
        socket.create_server(("0.0.0.0", 0)) as unit,
        pytest.raises(CarnetError, match=r"0\.0\.0\.0, beyond loopback"),
        intaking.listen(settings, Handed(grpc=(os.dup(unit.fileno()),), pinned=True)),
    ):
        pass


def test_beyond_loopback_a_certificate_opens_it_with_tls_of_today(settings: Settings, data: Path) -> None:
    make_files(data / FOLDER, ("carnet.test",), "", datetime.now(UTC))
    far = settings.with_option("web.host", "0.0.0.0").with_option("web.port", "0")
    context = intaking.for_calls(server_context(far, "0.0.0.0"))
    assert context is not None
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    with intaking.listen(far) as bound:
        assert bound is not None
        assert intaking.told(bound, secure=True).startswith("  OTLP over gRPC: https://")
    assert intaking.for_calls(None) is None
