"""The command line: one file per command, imported when it is used."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

from carnet import __version__
from carnet.cli.context import Invocation
from carnet.cli.printing import harmless
from carnet.errors import CarnetError, place_of

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "Start": {
        "serve": ("serve", "Serve the pages and watch documents until stopped."),
        "sign-in": ("sign_in", "Print a one-time sign-in link for the administration pages."),
        "settings": ("settings", "List Carnet's own settings: value, origin, help."),
    },
    "Collect": {
        "watch": ("watch", "Watch a document at an address."),
        "capture": ("capture", "Capture watched documents now."),
        "import": ("import_", "Import a history: git repository, folder or Carnet archive."),
        "export": ("export", "Write documents, captures and versions to a portable archive."),
        "documents": ("documents", "List documents, or remove some."),
    },
    "Decide": {
        "audit": ("audit", "What leaves this machine, what decided it, what is amiss."),
        "verdicts": ("verdicts", "Verdicts for contexts given as JSON lines."),
        "fix": ("fix", "The settings change that makes the verdicts as wanted."),
        "transcripts": ("transcripts", "List or take away what an agent left on this machine."),
        "explain": ("explain", "Why a flow is on or off, and which sentence says so."),
        "effect": ("effect", "What a change of the documents changes in behaviour."),
        "drift": ("drift", "Rules a new version of a document puts in doubt."),
        "pack": ("pack", "Check a pack, and help to write one."),
    },
    "Keep": {
        "org": ("org", "Organisations: terms, and what they decided."),
        "account": ("account", "Accounts of people, and their consent."),
        "records": ("records", "What is kept, until when; hold, delete, export, verify."),
    },
    "Relay": {
        "key": ("key", "Keys for clients: made, listed, revoked."),
        "upstream": ("upstream", "Where model traffic is relayed to."),
        "sink": ("sink", "An organisation's own collector, and what goes there."),
        "domains": ("domains", "Which hosts may be fetched from, and the lists that say so."),
        "tls": ("tls", "A certificate for clients on other machines."),
        "gateway": ("gateway", "Check what any gateway does to model traffic."),
    },
    "Read": {
        "timeline": ("timeline", "When a document, or a collection, changed."),
        "diff": ("diff", "Compare two versions of a document."),
        "show": ("show", "Print a document as it stood at an instant."),
        "search": ("search", "Find words in every version: when they appeared and vanished."),
    },
}
"""Group -> command -> (module in carnet.cli, one line of help)."""

MODULES = {name: row for group in COMMANDS.values() for name, row in group.items()}


def _take_data(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    if value == "":
        raise click.BadParameter("an empty name is no folder (an unset variable?)")
    if value is not None:
        ctx.ensure_object(Invocation).data = value


def data_option() -> click.Option:
    """`--data DIR`, accepted before and after the name of a command."""
    return click.Option(
        ["--data"],
        metavar="DIR",
        expose_value=False,
        is_eager=True,
        callback=_take_data,
        help="Folder of the embedded store (or CARNET_DATA).",
    )


def _accept_data(command: click.Command) -> click.Command:
    """Give a command, and every command below it, the option `--data`."""
    if not any(parameter.name == "data" for parameter in command.params):
        command.params.append(data_option())
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _accept_data(below)
    return command


class ReaderGoneError(Exception):
    """Raised when whoever read our output has closed the pipe (click would make exit status 1, a difference, of it)."""


class LazyGroup(click.Group):
    """A group that imports a command's module only when the command is used."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            status = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError as error:
            raise ReaderGoneError from error
        return status

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in MODULES:
            return None
        command: click.Command = import_module(f"carnet.cli.{MODULES[cmd_name][0]}").command
        return _accept_data(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in MODULES and not ctx.resilient_parsing:
            raise click.NoSuchCommand(args[0], possibilities=MODULES, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for group, commands in COMMANDS.items():
            with formatter.section(group):
                formatter.write_dl([(name, help_) for name, (_, help_) in commands.items()], col_max=12)


@click.group(
    cls=LazyGroup,
    params=[data_option()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every listing has --json. Exit status: 0 as wanted, 1 a difference, 2 usage, 3 could not tell.",
)
@click.version_option(__version__, message="carnet %(version)s")
@click.pass_context
def carnet(ctx: click.Context) -> None:
    """What a coding agent sends, to whom, under which terms and for how long."""
    ctx.call_on_close(ctx.ensure_object(Invocation).close)


def run(args: Sequence[str]) -> int:
    """Carry out one command line and return its exit status. No traceback leaves it, unless asked for."""
    try:
        status = carnet.main(list(args), prog_name="carnet", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - the last line before the user
        return _explain(error)
    return status if isinstance(status, int) else 0


def _explain(error: BaseException) -> int:
    match error:
        case CarnetError():
            return _say(str(error), error.exit_code)
        case click.Abort() | KeyboardInterrupt():
            return _say("interrupted", 130)
        case ReaderGoneError():
            return _leave_quietly()
        case OSError():
            reason = error.strerror or str(error)
            return _say(f"{error.filename}: {reason}" if error.filename else reason, 3)
    return _report(error)


def _say(message: str, status: int) -> int:
    click.echo(f"carnet: {harmless(message)}", err=True)
    return status


def _leave_quietly() -> int:
    """The reader of our pipe is gone: end as a process stopped by SIGPIPE does, without a word."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 141


def _report(error: BaseException) -> int:
    from carnet.settings import environment  # noqa: PLC0415 - only a fault needs it

    if environment().get("CARNET_DEBUG"):
        raise error
    return _say(
        f"a fault of Carnet's own: {type(error).__name__} at {place_of(error)}\n"
        "  Nothing that was acknowledged is lost. Please report it: this line, what you ran, and\n"
        "  the whole traceback, which the same command shows with CARNET_DEBUG=1.",
        3,
    )


def _open_what_is_closed() -> None:
    """Give a program started without one of its three streams (`>&-`) an empty one, and its number to no other file."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            # Kept open as long as the process, and opened in the order of the numbers.
            stream = open(os.devnull, "w" if number else "r", encoding="utf-8")  # noqa: PTH123, SIM115
            setattr(sys, name, stream)


def main() -> None:
    """Entry point of the `carnet` program."""
    _open_what_is_closed()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a narrow locale shows what it can
    sys.exit(run(sys.argv[1:]))
