"""`carnet records put`: JSON lines in, one line out for each as soon as it is on the disk."""

from __future__ import annotations

import os
import select
import sys
from typing import TYPE_CHECKING

import click

from carnet.cli.kept import Records
from carnet.cli.rounds import now
from carnet.errors import CarnetError, UnreadError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from carnet.cli.context import Invocation

READ_BYTES = 1 << 20
MOST_LINES = 1000
MOST_BYTES = 32 << 20
"""Lines, and bytes of lines, that become durable together: more would wait longer than it gains."""
_ESCAPED = 6
"""Bytes that JSON may write for one of a body."""
LONGEST = 1 << 29


@click.command()
@click.pass_obj
def put(invocation: Invocation) -> None:
    """Keep records given as JSON lines on standard input.

    One object a line. It needs account (an e-mail address), session, kind, flow and body; provider, repository and
    at (when it came about) may be left out, and a rating has no session. A body is any JSON value.

    One line out for each, in order: {"id"} as soon as it is on the disk, {"refused"} with the reason for what the
    rules do not let be kept, {"error","line"} for what is no record. Then the others go on, and the exit status is 2.
    The same answer, and 3, where the file it is bound for is damaged: it can be given again after the repair.

    Kinds: exchange, metric, error, feedback, rating, transcript, session-event, sighting. Flows: inference, metrics,
    errors, feedback, survey (of a rating), transcript-share, cloud-session, remote-control and others.
    """
    from carnet.records.lines import Taking  # noqa: PLC0415 - help does without
    from carnet.records.putting import Writer  # noqa: PLC0415

    records = Records(invocation)
    most = invocation.settings.size("records.max-bytes")
    writer = Writer(records.store, most_bytes=most)
    records.keyring.root()  # the right one, or nothing is begun
    if sys.stdin.isatty():
        click.echo("Reading JSON lines; Ctrl-D ends.", err=True)
    longest = _ESCAPED * most + READ_BYTES
    taking, out = Taking(writer, longest), sys.stdout.buffer
    for lines in batches(sys.stdin.fileno(), longest):
        out.write(b"".join(taking.answers(lines, now())))
        out.flush()
    if taking.unkept is not None:
        raise UnreadError(f"some lines are not kept, and their answers say so; the last: {taking.unkept}")
    if taking.faults:
        were = (
            "1 line was no record; its answer says"
            if taking.faults == 1
            else f"{taking.faults} lines were no records; their answers say"
        )
        raise CarnetError(f"{were} why")


def batches(descriptor: int, longest: int = LONGEST) -> Iterator[list[bytes]]:
    """Lines as they come: those that lie ready together are one batch, a single one waits for no other.

    Of a line longer than `longest` only so much is held in memory that it can be seen to be.
    """
    unfinished = bytearray()
    lines: list[bytes] = []
    size = 0
    while True:
        ready, _, _ = select.select([descriptor], [], [], 0 if lines else None)
        if lines and (not ready or len(lines) >= MOST_LINES or size >= MOST_BYTES):
            yield lines
            lines, size = [], 0
            continue
        data = os.read(descriptor, READ_BYTES)
        if not data:
            break
        for number, part in enumerate(data.split(b"\n")):
            if number:
                lines.append(bytes(unfinished))
                unfinished.clear()
            unfinished += part[: max(0, longest + 1 - len(unfinished))]
        size += len(data)
    if lines or unfinished:
        yield [*lines, bytes(unfinished)] if unfinished else lines
