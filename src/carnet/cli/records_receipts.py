"""How the receipt of an erasure is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, size_words
from carnet.cli.printing import harmless, print_columns, print_json
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from carnet.cli.context import Invocation
    from carnet.records.receipts import Receipt


def print_receipt(receipt: Receipt, *, as_json: bool) -> None:
    """The receipt, whole as JSON; in words what it says."""
    if as_json:
        print_json(dict(receipt.answer))
        return
    click.echo("\n".join(receipt_words(receipt.answer)))


def receipt_words(answer: Mapping[str, object]) -> list[str]:
    scope = answer["scope"]
    what = ", ".join(f"{kind} {name}" for kind, name in scope.items()) if isinstance(scope, dict) else ""
    numbers = f"{answer['records']} records of {answer['sessions']} sessions, {size_words(int(str(answer['bytes'])))}"
    lines = [harmless(f"Erased {what}: {numbers}.")]
    lines.append(f"  keys destroyed  {answer['keys_destroyed']}")
    lines.append(f"  receipt         {answer['receipt']}   salt {answer['salt']}")
    if answer["state"] == "queued":
        return [*lines, f"  {answer['held']} of its sessions are held: the rest waits until carnet records release."]
    log = answer["log"]
    index = log["index"] if isinstance(log, dict) else "?"
    return [
        *lines,
        f"  finished        {answer['finished']}   entry {index} of the log",
        "  --json prints a receipt that carnet records verify --receipt FILE checks without this store.",
    ]


@click.command()
@click.option("--complete", type=click.Path(path_type=Path), metavar="FILE", help="A queued receipt, to be completed.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def receipts(invocation: Invocation, complete: Path | None, *, as_json: bool) -> None:
    """List what was erased: numbers and instants, no names, for the store has forgotten whose it was.

    --complete makes the receipt of a deletion that waited for a release whole, once it is done.
    """
    from carnet.records import receipts as made  # noqa: PLC0415 - help does without
    from carnet.records.chronicle import publish_log  # noqa: PLC0415

    records = Records(invocation)
    if complete is not None:
        ours = publish_log(records.store, records.keyring)
        print_json(dict(made.completed(records.store, ours, read_receipt(complete)).answer))
        return
    rows = made.past(records.store)
    if as_json:
        print_json({"receipts": rows})
    elif rows:
        print_columns([_row(row) for row in rows])
    else:
        click.echo("Nothing has been erased yet.")


def _row(row: Mapping[str, object]) -> list[str]:
    of = row["of"]
    return [
        str(row["receipt"]),
        str(row["keys_destroyed"])[:19].replace("T", " "),
        f"by {', '.join(of) if isinstance(of, list) else of}",
        f"{row['sessions']} sessions",
        f"{row['records']} records",
        size_words(int(str(row["bytes"]))),
        f"entry {row['index']}",
    ]


def read_receipt(file: Path) -> dict[str, object]:
    """A receipt as it was printed. Raises CarnetError naming the file that holds none."""
    try:
        answer = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CarnetError(f"{file}: this is no receipt: {error}") from error
    if not isinstance(answer, dict):
        raise CarnetError(f"{file}: a receipt is a JSON object")
    return answer
