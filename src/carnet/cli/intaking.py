"""What `carnet serve` needs for intake: a port of its own for gRPC, with TLS where it lies beyond loopback."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import click

from carnet.cli.handing import Handed, check_near, is_at, socket_of
from carnet.errors import CarnetError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

    from carnet.settings import Settings

PORT = "intake.grpc-port"


def for_calls(context: ssl.SSLContext | None) -> ssl.SSLContext | None:
    """What the pages speak TLS with, for gRPC, which is HTTP/2."""
    if context is not None:
        context.set_alpn_protocols(["h2"])
    return context


@contextlib.contextmanager
def listen(settings: Settings, handed: Handed | None = None) -> Iterator[socket.socket | None]:
    """A listening socket for gRPC, or the one handed over; None where the default port is in use.

    Raises CarnetError for a port that somebody chose and that cannot be had.
    """
    with contextlib.ExitStack() as stack:
        if handed is not None and handed.grpc:
            given, host = stack.enter_context(socket_of(handed.grpc[0])), settings["web.host"]
            check_near(given, host, pinned=handed.pinned)
            if handed.pinned or is_at(given, host, port_of(settings)):
                yield given
                return
            given.close()
        bound = _bound(settings)
        yield bound if bound is None else stack.enter_context(bound)


def _bound(settings: Settings) -> socket.socket | None:
    host, port = settings["web.host"], port_of(settings)
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        told = f"port {port} on {host} cannot be had for gRPC ({error.strerror or error}); choose another: {PORT}"
        if _chosen(settings):
            raise CarnetError(told) from error
        click.echo(f"  {told}. OTLP is taken over HTTP.", err=True)
        return None


def port_of(settings: Settings) -> int:
    """The port for gRPC: a free one where the pages take a free one and nobody chose."""
    port = settings.whole(PORT)
    if port > 65535:
        raise CarnetError(f"{PORT} = {port} is not a port; the highest is 65535")
    return 0 if settings.whole("web.port") == 0 and not _chosen(settings) else port


def _chosen(settings: Settings) -> bool:
    return next(one for one in settings.all() if one.setting.name == PORT).origin != "default"


def told(bound: socket.socket, *, secure: bool) -> str:
    """The line that says where gRPC is."""
    host, port = bound.getsockname()[:2]
    named = f"[{host}]" if ":" in host else host
    return f"  OTLP over gRPC: {'https' if secure else 'http'}://{named}:{port}"
