"""`carnet records list|show|stats|export`: what is kept, and getting it out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, counted, said, scoped, size_words, told
from carnet.cli.printing import print_columns, print_json, print_json_rows, print_long_columns
from carnet.cli.rounds import now
from carnet.model.record import KINDS

if TYPE_CHECKING:
    from carnet.cli.context import Invocation
    from carnet.records.answers import Answer


@click.command(name="list")
@scoped
@click.option("--kind", type=click.Choice(KINDS), help="Only records of this kind.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_(
    invocation: Invocation, session: str, account: str, org: str, repository: str, kind: str | None, *, as_json: bool
) -> None:
    """List records, oldest first.

    What each is, whose, and until when it is kept. --json says also what it may serve and which rules decided.
    """
    from carnet.records.answers import record_answers  # noqa: PLC0415 - help does without
    from carnet.records.surveying import Unread, refuse_unread  # noqa: PLC0415

    records, unread = Records(invocation), list[Unread]()
    rows = record_answers(records.store, records.scope(org, account, session, repository), kind or "", unread)
    if as_json:
        print_json_rows("records", rows)
    elif not print_long_columns(map(_row, rows), 5) and not unread:
        click.echo("No such records." if session or account or org or repository or kind else "No records.")
    refuse_unread(unread, "this is not every record there is")


def _row(row: Answer) -> list[str]:
    who = " ".join(str(row[name]) for name in ("org", "account", "session") if row[name])
    held = f"held: {told(row['hold'])}" if row["hold"] else ""
    return [
        str(row["id"]),
        str(row["kind"]),
        told(who),
        f"{row['retention']} until {str(row['expires'])[:16].replace('T', ' ')}",
        "may train" if row["training"] == "yes" else "",
        size_words(int(str(row["bytes"]))),
        held,
    ]


def _aligned(rows: list[list[str]], *columns: int) -> list[list[str]]:
    """Columns of numbers, flush to the right."""
    for column in columns:
        width = max(len(row[column]) for row in rows)
        for row in rows:
            row[column] = row[column].rjust(width)
    return rows


@click.command()
@click.argument("record", metavar="ID")
@click.pass_obj
def show(invocation: Invocation, record: str) -> None:
    """Print a record's body as it was put.

    Byte for byte, with nothing added; the audit log has an entry of it. Exit status 1 and the reason once it is gone.
    """
    from carnet.records.reading import read_out  # noqa: PLC0415

    records = Records(invocation)
    sys.stdout.buffer.write(read_out(records.store, records.keyring, record, "command", now()).data)
    sys.stdout.buffer.flush()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def stats(invocation: Invocation, *, as_json: bool) -> None:
    """Count what is kept by class, organisation and kind."""
    from carnet.records.answers import stats_answer  # noqa: PLC0415
    from carnet.records.surveying import Unread, refuse_unread  # noqa: PLC0415

    unread = list[Unread]()
    answer = stats_answer(Records(invocation).store, unread)
    rows = answer["rows"]
    if as_json:
        print_json(answer)
    elif isinstance(rows, list) and rows:
        print_columns(_aligned([_sums(row) for row in rows], 5, 6))
        records, size = (sum(row[name] for row in rows) for name in ("records", "bytes"))
        click.echo(f"Together {counted(records, 'record')}, {size_words(size)}; {_pending(answer)}.")
    elif not unread:
        click.echo("Nothing is kept.")
    refuse_unread(unread, "this counts not everything there is")


def _sums(row: Answer) -> list[str]:
    names = [told(row[name]) for name in ("retention", "org", "kind", "flow")]
    may = "may train" if row["training"] == "yes" else ""
    return [*names, may, counted(int(str(row["records"])), "record"), size_words(int(str(row["bytes"])))]


def _pending(answer: Answer) -> str:
    waiting, held = int(str(answer["waiting"])), int(str(answer["held"]))
    waits = f", {counted(waiting, 'erasure')} not finished" if waiting else ""
    return f"{counted(held, 'session')} held{waits}"


@click.command()
@click.option("--training", is_flag=True, help="What may train models: eligible when it was written, and still.")
@click.option(
    "--purpose", default="", callback=said, metavar="P", help="With --training: only records for this purpose."
)
@click.option("--subject", default="", metavar="EMAIL", help="Everything there is about this person.")
@click.pass_obj
def export(invocation: Invocation, purpose: str, subject: str, *, training: bool) -> None:
    """Print records with their bodies as JSON lines.

    The last line is a manifest: what this is, how many lines it has, and the SHA-256 of all lines before it. That an
    export was made is written into the log.
    """
    if training == bool(subject) or (purpose and not training):
        raise click.UsageError("give either --training (with --purpose P, if you like) or --subject EMAIL")
    from carnet.accounts.people import account_named  # noqa: PLC0415
    from carnet.records import exporting  # noqa: PLC0415
    from carnet.records.clock import ticked  # noqa: PLC0415
    from carnet.records.surveying import Unread, refuse_unread  # noqa: PLC0415

    _check_purpose(purpose)
    records, unread = Records(invocation), list[Unread]()
    at = ticked(records.store.catalogue, now())
    if training:
        lines = exporting.asked_training(records.store, records.keyring, at, purpose, unread)
    else:
        account = account_named(records.store.directory, subject)
        lines = exporting.asked_subject(records.store, records.keyring, account, at, unread)
    for line in lines:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
    refuse_unread(unread, "this is not all, as the manifest says")


def _check_purpose(purpose: str) -> None:
    """A word that no rule knows would make an empty export look like an answer."""
    from carnet.records.deciding import Deciding  # noqa: PLC0415

    known = Deciding(now().date()).purposes
    if purpose and purpose not in known:
        raise click.UsageError(f"--purpose {purpose}: no record serves this; there are: {', '.join(known)}")
