"""`carnet serve`: the pages, and the watcher and the keeper beside them, until stopped."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from carnet.cli import intaking
from carnet.cli.files import OTHER_FILES, files_for
from carnet.cli.handing import check_near, handed, is_at, socket_of
from carnet.cli.relaying import open_relays, wanted
from carnet.cli.rounds import Rounds, now, tasks
from carnet.cli.serving import Serving
from carnet.errors import CarnetError
from carnet.gateway import allocator
from carnet.model.loopback import is_loopback
from carnet.records.dumps import leave_no_dump

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator, Sequence

    from starlette.applications import Starlette

    from carnet.cli.context import Invocation
    from carnet.cli.handing import Handed
    from carnet.settings import Settings
    from carnet.stores.contract import Store
    from carnet.web.admission import Admission

BACKGROUND = {
    "watch": "Carnet watches documents every {every}.",
    "keep": "Carnet ends, packs and erases records when they are due.",
}
ROLES = ("web", "watch", "keep", "relay")


@click.command()
@click.option("--host", metavar="ADDRESS", help="Address to listen on (default: 127.0.0.1).")
@click.option(
    "--port", metavar="N", type=click.IntRange(0, 65535), help="Port of the pages (default: 8417; 0 takes a free one)."
)
@click.option(
    "--relay-port",
    metavar="N",
    type=click.IntRange(0, 65535),
    help="Port of the relay (default: 8418; 0 takes a free one). Given, the relay runs even without an upstream.",
)
@click.option("--only", type=click.Choice(ROLES), help="Run one role alone.")
@click.option("--check", is_flag=True, help="Start nothing: say whether settings, certificates and store would do.")
@click.pass_obj
def command(
    invocation: Invocation,
    host: str | None,
    port: int | None,
    relay_port: int | None,
    only: str | None,
    *,
    check: bool,
) -> None:
    """Serve the pages, watch documents, keep records and relay model traffic until stopped.

    On an empty store the documents of the bundled packs are put on the watch list and a small example history is
    imported. Each role runs once on an embedded store; every other command works beside it. The relay runs where an
    upstream is set up (carnet upstream add), with a process for each core (relay.workers). SIGHUP begins anew, with new
    settings and a new program, and refuses no connection meanwhile.
    """
    if relay_port is not None and only not in {None, "relay"}:
        raise click.UsageError(f"--relay-port: with --only {only} nothing is relayed")
    settings = _relaying_at(with_options(invocation.settings, host, port), relay_port)
    if check:
        click.echo(rehearse(settings, invocation.standing_store))
        return
    leave_no_dump()
    allocator.steady()
    _check_durations(settings)
    roles = (only,) if only else _roles(relays=relay_port is not None or wanted(invocation.store))
    _serve(invocation, settings, roles, only)


def _serve(invocation: Invocation, settings: Settings, roles: Sequence[str], only: str | None) -> None:
    """Open what these roles need, and run them until stopped; with `only` one, no other begins later."""
    import uvloop  # noqa: PLC0415 - no other command needs it

    given, store = handed(), invocation.store
    secure = secured(settings) if "web" in roles else None
    with ExitStack() as stack:
        held = _hold(store, roles, given, stack)
        bound = stack.enter_context(listen(settings, given)) if "web" in roles else None
        calls = stack.enter_context(intaking.listen(settings, given)) if "web" in roles else None
        relays = open_relays(store, settings, given, stack) if "relay" in roles else None
        if only != "relay":
            welcome(invocation)
        admission = doorkeeper(settings) if bound is not None else None
        app = pages(invocation, settings, admission) if bound is not None else None
        greet(settings, bound, admission, roles, relays.address if relays else "")
        serving = Serving(app, bound, _rounds(settings, roles), relays, given, secured=secure, roles=held)
        if bound is not None:
            serving.connections, serving.calls_at_once = connections(settings)
        if calls is not None:
            _take_calls(serving, calls, settings)
        if only is None:
            serving.later = lambda: open_relays(store, settings, given, stack) if wanted(store) else None
        allocator.settle()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serving.attend())


def _relaying_at(settings: Settings, port: int | None) -> Settings:
    return settings if port is None else settings.with_option("relay.port", str(port))


def _rounds(settings: Settings, roles: Sequence[str]) -> Rounds | None:
    work = tasks(roles)
    return Rounds(settings, work) if work else None


def _roles(*, relays: bool) -> tuple[str, ...]:
    """All roles, the relay where there is something to relay to."""
    return tuple(role for role in ROLES if relays or role != "relay")


def _check_durations(settings: Settings) -> None:
    """What background work would find out later only."""
    settings.duration("watch.every")
    settings.duration("records.idle")


def _hold(store: Store, roles: Sequence[str], given: Handed, stack: ExitStack) -> dict[str, int]:
    """Each role once on this store, and the descriptors that hold them; the relay's comes with its sockets."""
    held = {role: stack.enter_context(store.role(role, given.roles.get(role))) for role in roles if role != "relay"}
    return {role: descriptor for role, descriptor in held.items() if descriptor is not None}


def connections(settings: Settings) -> tuple[int, int]:
    """How many connections of pages and intake this process takes, and how many of gRPC: no more than it has files."""
    from carnet.gateway.intake.http2 import MOST_CONNECTIONS  # noqa: PLC0415 - `--only watch` does without

    most = settings.whole("web.connections")
    if not most:
        raise CarnetError("web.connections = '0': at least one is needed")
    room = files_for(most + MOST_CONNECTIONS + OTHER_FILES) - OTHER_FILES
    web = max(1, min(most, max(room - MOST_CONNECTIONS, room // 2)))
    return web, max(1, min(MOST_CONNECTIONS, room - web))


def _take_calls(serving: Serving, calls: socket.socket, settings: Settings) -> None:
    """Intake by gRPC, at a port of its own."""
    serving.calls, serving.calls_secured = calls, intaking.for_calls(secured(settings))
    click.echo(intaking.told(calls, secure=serving.calls_secured is not None))
    sys.stdout.flush()


def rehearse(settings: Settings, store: Store | None) -> str:
    """Do what can go wrong at a start, as far as nothing is changed by it. Raises CarnetError saying what would."""
    from carnet.gateway.admitting import Quota  # noqa: PLC0415 - no other command needs the relay
    from carnet.gateway.loglines import Style  # noqa: PLC0415
    from carnet.gateway.tls import server_context  # noqa: PLC0415
    from carnet.web.app import make_app  # noqa: PLC0415

    for name in ("watch.every", "records.idle", "relay.notice"):
        settings.duration(name)
    for name in ("records.max-bytes", "relay.spool-bytes", "relay.remember"):
        settings.size(name)
    settings.whole("relay.workers")
    connections(settings)
    settings.choice("relay.log", *Style)
    Quota.read(settings)
    server_context(settings)
    secured(settings)
    if store is not None:
        make_app(store, settings)
        wanted(store)
    return "It would start."


def greet(
    settings: Settings,
    bound: socket.socket | None,
    admission: Admission | None = None,
    roles: Sequence[str] = ("watch",),
    relay: str = "",
) -> None:
    """Say where the pages and the data are, and how to sign in."""
    if bound is not None:
        click.echo(f"Carnet is at {address(bound, 'http' if is_loopback(settings['web.host']) else 'https')}")
        if not is_loopback(settings["web.host"]):
            click.echo(
                "  Whoever reaches this address can read the pages. "
                "Records and accounts are not shown: they are for loopback only.",
                err=True,
            )
        elif admission is not None:
            link = f"{address(bound)}/sign-in?token={admission.issue(life=None)}"
            click.echo(f"  Records and accounts: {link}  (works once)")
    else:
        lines = [BACKGROUND[role].format(every=settings["watch.every"]) for role in roles if role in BACKGROUND]
        click.echo("\n".join(lines or ["Carnet relays model traffic."]))
    if relay:
        click.echo(f"  Relay: {relay}  (ANTHROPIC_BASE_URL)")
    click.echo(f"  Data: {settings.data}   Stop: Ctrl-C")
    sys.stdout.flush()


def with_options(settings: Settings, host: str | None, port: int | None) -> Settings:
    settings = settings if host is None else settings.with_option("web.host", host)
    settings = settings if port is None else settings.with_option("web.port", str(port))
    if settings.whole("web.port") > 65535:
        raise CarnetError(f"web.port = {settings['web.port']!r} is not a port; the highest is 65535")
    return settings


@contextlib.contextmanager
def listen(settings: Settings, handed: Handed | None = None) -> Iterator[socket.socket]:
    """A listening socket at the address of the settings, or the one handed over; CarnetError says why there is none."""
    host, port = settings["web.host"], settings.whole("web.port")
    if handed is not None and handed.web:
        with socket_of(handed.web[0]) as bound:
            check_near(bound, host, pinned=handed.pinned)
            if handed.pinned or is_at(bound, host, port):
                yield bound
                return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        raise CarnetError(refusal(error, host, port)) from error
    with bound:
        yield bound


def refusal(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"port {port} on {host} is in use by another program; choose another: carnet serve --port N"
        case errno.EACCES:
            return f"port {port} on {host} may not be used by this account; choose one above 1023 with --port"
    return f"cannot listen on {host} port {port}: {error.strerror or error}"


def address(bound: socket.socket, scheme: str = "http") -> str:
    host, port = bound.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"


def secured(settings: Settings) -> ssl.SSLContext | None:
    """What pages and intake speak TLS with; None on loopback. Beyond it, without a certificate, CarnetError."""
    from carnet.gateway.tls import server_context  # noqa: PLC0415 - it pays for the cryptography

    host = settings["web.host"]
    return None if is_loopback(host) else server_context(settings, host)


def welcome(invocation: Invocation) -> None:
    """Put something on every page of an empty store."""
    from carnet.documents.first_start import first_start  # noqa: PLC0415 - only serve needs the packs

    first_start(invocation.store, now())


def doorkeeper(settings: Settings) -> Admission:
    """Who lets people and scripts in. Beyond loopback it has no token, and nobody gets in."""
    from carnet.web.admin_token import ensure_token  # noqa: PLC0415 - `--only watch` does without
    from carnet.web.admission import Admission  # noqa: PLC0415

    if is_loopback(settings["web.host"]):
        return Admission(ensure_token(settings.data))
    if not settings.on("web.open-pages"):
        raise CarnetError(
            f"web.open-pages is off, so every page needs a sign-in, and that works on loopback only; "
            f"web.host is {settings['web.host']}. Change one of the two."
        )
    return Admission()


def pages(invocation: Invocation, settings: Settings, admission: Admission | None = None) -> Starlette:
    from carnet.web.app import make_app  # noqa: PLC0415 - `--only watch` does without

    return make_app(invocation.store, settings, admission=admission)
