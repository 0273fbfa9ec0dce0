"""How the receipt of an erasure is printed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records, counted, moment, size_words, sure, told
from carnet.cli.printing import print_columns, print_json
from carnet.errors import CarnetError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from carnet.cli.context import Invocation
    from carnet.records.receipts import Receipt


def print_receipt(receipt: Receipt, what: str = "", *, as_json: bool) -> None:
    """The receipt, whole as JSON; in words what it says. `what` was erased, where that is more than records.

    Raises UnreadError behind it where something could not be reached.
    """
    from carnet.records.surveying import refuse_unread  # noqa: PLC0415 - help does without

    if as_json:
        print_json(dict(receipt.answer))
    else:
        click.echo("\n".join(receipt_words(receipt.answer, what)))
    refuse_unread(
        receipt.unread,
        "the deletion is not complete: it goes on by itself once all can be read, and nothing says before that it is "
        "done",
    )


def erase_whole(
    records: Records, what: str, erase: Callable[[], Receipt], now: Callable[[], datetime], *, yes: bool, as_json: bool
) -> None:
    """Erase an account or an organisation with all it has, after asking."""
    from carnet.records.clock import ticked  # noqa: PLC0415

    sure(f"Erase {what}?", yes=yes)
    records.resumed(ticked(records.store.catalogue, now()))
    print_receipt(erase(), what, as_json=as_json)


def receipt_words(answer: Mapping[str, object], what: str = "") -> list[str]:
    what = what or f"all records of {scope_words(answer['scope'])}"
    numbers = f"{counted(_number(answer, 'records'), 'record')} of {counted(_number(answer, 'sessions'), 'session')}"
    numbers += f", {size_words(_number(answer, 'bytes'))}"
    if answer["state"] == "queued":
        return _queued_words(answer, what, numbers)
    log = answer["log"]
    index = log["index"] if isinstance(log, dict) else "?"
    return [
        f"Erased {what}: {numbers}.",
        f"  keys destroyed  {moment(answer['keys_destroyed'])}",
        f"  finished        {moment(answer['finished'])}, entry {index} of the log",
        f"  receipt         {answer['receipt']}, salt {answer['salt']}",
        "  With --json it is a receipt that carnet records verify --receipt FILE checks without this store.",
    ]


def _queued_words(answer: Mapping[str, object], what: str, numbers: str) -> list[str]:
    held = counted(_number(answer, "held"), "held session")
    some = bool(answer["records"])
    unread = answer.get("unread")
    return [
        f"Queued: {what}.",
        f"  erased so far   {numbers if some else 'nothing'}",
        *([f"  not erased      {held}: carnet records release erases it"] if answer["held"] else []),
        *([f"  not reached     {', '.join(unread)}: cannot be read"] if isinstance(unread, list) else []),
        *([f"  keys destroyed  {moment(answer['keys_destroyed'])}"] if some else []),
        f"  receipt         {answer['receipt']}, salt {answer['salt']}",
        "  Of the receipt that --json prints, carnet records receipts --complete FILE makes the whole one then.",
    ]


def scope_words(scope: object) -> str:
    """Which records were meant, as their asker said it: session S, account A."""
    return ", ".join(f"{kind} {told(name)}" for kind, name in scope.items()) if isinstance(scope, dict) else ""


def _number(answer: Mapping[str, object], name: str) -> int:
    return int(str(answer[name]))


@click.command()
@click.option(
    "--complete", type=click.Path(path_type=Path), metavar="FILE", help="A queued receipt to complete; prints JSON."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def receipts(invocation: Invocation, complete: Path | None, *, as_json: bool) -> None:
    """List erasures that are done, newest first.

    Numbers and instants, no names: the store has forgotten whose it was. Below stands the log's public key, which
    checks receipts anywhere: write it down. --complete makes the receipt of a deletion
    that waited for a release whole, once it is done.
    """
    from carnet.records import receipts as made  # noqa: PLC0415 - help does without
    from carnet.records.chronicle import publish_log  # noqa: PLC0415

    records = Records(invocation)
    if complete is not None:
        ours = publish_log(records.store, records.keyring)
        print_json(dict(made.completed(records.store, ours, read_receipt(complete)).answer))
        return
    rows, key = made.past(records.store), _key(records)
    if as_json:
        print_json({"receipts": rows, "key": key})
        return
    print_columns([_row(row) for row in rows])
    if not rows:
        click.echo("Nothing has been erased yet.")
    if key:
        click.echo(f"Key of the log: {key}")


def _key(records: Records) -> str | None:
    """The log's public key; None before anything was logged."""
    from carnet.records.chronicle import NAME, signer  # noqa: PLC0415

    logged = records.store.catalogue.fact(NAME) is not None
    return signer(records.store, records.keyring).verifier.text() if logged else None


def _row(row: Mapping[str, object]) -> list[str]:
    of = row["of"]
    return [
        str(row["receipt"]),
        moment(row["keys_destroyed"]),
        f"by {', '.join(of) if isinstance(of, list) else of}",
        counted(_number(row, "sessions"), "session"),
        counted(_number(row, "records"), "record"),
        size_words(_number(row, "bytes")),
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
