"""`carnet serve`: the pages, and the watcher and the keeper beside them, until stopped."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import signal
import socket
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from carnet.cli.relaying import Relays, wanted
from carnet.cli.relaying import address as address_of_relay
from carnet.cli.relaying import listen as listening
from carnet.cli.rounds import Rounds, now, tasks
from carnet.errors import CarnetError
from carnet.records.dumps import leave_no_dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import uvicorn
    from starlette.applications import Starlette

    from carnet.cli.context import Invocation
    from carnet.settings import Settings
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
@click.pass_obj
def command(
    invocation: Invocation, host: str | None, port: int | None, relay_port: int | None, only: str | None
) -> None:
    """Serve the pages, watch documents, keep records and relay model traffic until stopped.

    On an empty store the documents of the bundled packs are put on the watch list and a small example history is
    imported. Each role runs once on an embedded store; every other command works beside it. The relay runs where an
    upstream is set up (carnet upstream add), with a process for each core (relay.workers).
    """
    if relay_port is not None and only not in {None, "relay"}:
        raise click.UsageError(f"--relay-port: with --only {only} nothing is relayed")
    settings = with_options(invocation.settings, host, port)
    settings = settings if relay_port is None else settings.with_option("relay.port", str(relay_port))
    leave_no_dump()
    roles: tuple[str, ...] = ROLES if only is None else (only,)
    if only is None and relay_port is None and not wanted(invocation.store):
        roles = tuple(role for role in roles if role != "relay")
    settings.duration("watch.every")
    settings.duration("records.idle")
    with ExitStack() as stack:
        store = invocation.store
        for role in roles:
            stack.enter_context(store.role(role))
        bound = stack.enter_context(listen(settings)) if "web" in roles else None
        relaying = stack.enter_context(listening(settings)) if "relay" in roles else None
        if only != "relay":
            welcome(invocation)
        admission = doorkeeper(settings) if bound is not None else None
        app = pages(invocation, settings, admission) if bound is not None else None
        work = tasks(roles)
        rounds = Rounds(settings, work) if work else None
        greet(settings, bound, admission, roles, address_of_relay(settings, relaying) if relaying else "")
        asyncio.run(attend(app, bound, rounds, lambda: Relays(settings, relaying) if relaying else None))


def greet(
    settings: Settings,
    bound: socket.socket | None,
    admission: Admission | None = None,
    roles: Sequence[str] = ("watch",),
    relay: str = "",
) -> None:
    """Say where the pages and the data are, and how to sign in."""
    if bound is not None:
        click.echo(f"Carnet is at {address(bound)}")
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
def listen(settings: Settings) -> Iterator[socket.socket]:
    """A listening socket at the address of the settings. Raises CarnetError saying why there is none."""
    host, port = settings["web.host"], settings.whole("web.port")
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


def address(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


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


async def attend(
    app: Starlette | None,
    bound: socket.socket | None,
    rounds: Rounds | None,
    relays: Callable[[], Relays | None] = lambda: None,
) -> None:
    """Run pages, relay and background work until SIGINT or SIGTERM, then end them in order."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if rounds is not None:
        rounds.start()
    relaying = relays()
    if relaying is not None:
        relaying.start()
    try:
        if app is None or bound is None:
            await stop.wait()
        else:
            await answer(make_server(app), bound, stop)
    finally:
        if relaying is not None:
            await relaying.stop()
        if rounds is not None:
            await asyncio.to_thread(rounds.stop)


async def answer(server: uvicorn.Server, bound: socket.socket, stop: asyncio.Event) -> None:
    """Answer requests until told to stop; those under way get a moment to end."""
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    server.should_exit = True
    await serving


def make_server(app: Starlette) -> uvicorn.Server:
    import uvicorn  # noqa: PLC0415 - `--only watch` does without

    class Server(uvicorn.Server):
        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            """Leave the signals to `attend`, which ends the background work too."""
            yield

    return Server(
        uvicorn.Config(
            app,
            http="httptools",
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=3,
        )
    )
