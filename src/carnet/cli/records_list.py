"""`carnet records list|show|stats|export`: what is kept, and getting it out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, scoped, size_words
from carnet.cli.printing import harmless, print_columns, print_json
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
    """List records, oldest first: what each is, whose, and until when it is kept."""
    from carnet.records.answers import records_answer  # noqa: PLC0415 - help does without

    records = Records(invocation)
    answer = records_answer(records.store, records.scope(org, account, session, repository), kind or "")
    rows = answer["records"]
    if as_json:
        print_json(answer)
    elif isinstance(rows, list) and rows:
        print_columns([_row(row) for row in rows])
    else:
        click.echo("No records.")


def _row(row: Answer) -> list[str]:
    who = " ".join(str(row[name]) for name in ("org", "account", "session") if row[name])
    held = f"held: {row['hold']}" if row["hold"] else ""
    return [
        str(row["id"]),
        str(row["kind"]),
        harmless(who),
        f"{row['retention']} until {str(row['expires'])[:16].replace('T', ' ')}",
        "may train" if row["training"] == "yes" else "",
        size_words(int(str(row["bytes"]))),
        harmless(held),
    ]


@click.command()
@click.argument("record", metavar="ID")
@click.pass_obj
def show(invocation: Invocation, record: str) -> None:
    """Print a record's body as it was put. Exit status 1 once it is gone."""
    from carnet.records.reading import show as body_of  # noqa: PLC0415

    records = Records(invocation)
    sys.stdout.buffer.write(body_of(records.store, records.keyring, record, now()).data)
    sys.stdout.buffer.flush()


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def stats(invocation: Invocation, *, as_json: bool) -> None:
    """How much is kept, by class, organisation and kind."""
    from carnet.records.answers import stats_answer  # noqa: PLC0415

    answer = stats_answer(Records(invocation).store)
    if as_json:
        print_json(answer)
        return
    rows = answer["rows"]
    if not isinstance(rows, list) or not rows:
        click.echo("Nothing is kept.")
        return
    names = ("retention", "org", "kind", "flow")
    print_columns(
        [
            [*(harmless(str(row[name])) for name in names), f"{row['records']:,} records", size_words(row["bytes"])]
            for row in rows
        ]
    )


@click.command()
@click.option("--training", is_flag=True, help="What may train: eligible when it was written, and now.")
@click.option("--purpose", default="", metavar="P", help="With --training: only records for this purpose.")
@click.option("--subject", default="", metavar="EMAIL", help="Everything about this person.")
@click.pass_obj
def export(invocation: Invocation, purpose: str, subject: str, *, training: bool) -> None:
    """Print records with their bodies as JSON lines; the last line is a manifest with their number and digest."""
    if training == bool(subject) or (purpose and not training):
        raise click.UsageError("give either --training (with --purpose P, if you like) or --subject EMAIL")
    from carnet.accounts.people import account_named  # noqa: PLC0415
    from carnet.records import exporting  # noqa: PLC0415
    from carnet.records.chronicle import write  # noqa: PLC0415

    records, at = Records(invocation), now()
    if training:
        lines = exporting.training(records.store, records.keyring, at, purpose)
        write(records.store, "export", at, {"purpose": purpose or "any"})
    else:
        account = account_named(records.store.directory, subject)
        lines = exporting.subject(records.store, records.keyring, account, at)
        write(records.store, "export", at, {"subject": account.email}, (account.organisation, account.id))
    for line in lines:
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()
