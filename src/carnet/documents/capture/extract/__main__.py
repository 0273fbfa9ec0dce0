"""The extracting process: reads orders from standard input, writes what they yield, until its input ends."""

from __future__ import annotations

import resource
import signal
import sys
from typing import BinaryIO

import msgspec

from carnet.documents.capture.extract.order import Order, Yield
from carnet.documents.capture.extract.page import page_text
from carnet.documents.capture.extract.pdf import pdf_text
from carnet.errors import FetchError

MEMORY = 2 << 30
"""Bytes of address space: a page that unfolds to more ends this process, and the capture fails."""

DEPTH = 6_000


def carry_out(order: Order) -> Yield:
    """The text of one page or file, or in words why there is none."""
    try:
        text = pdf_text(order.body) if order.media == "pdf" else page_text(order)
    except FetchError as error:
        return Yield(fault=str(error), reason=error.reason)
    except RecursionError:
        return Yield(fault="the page is nested too deeply", reason="bomb")
    except MemoryError:
        return Yield(fault="the page needs too much memory", reason="bomb")
    except Exception as error:  # noqa: BLE001 - whatever a parser makes of hostile input is one capture's failure
        return Yield(fault=f"the text cannot be read: {type(error).__name__}: {str(error)[:200]}", reason="parser")
    return Yield(text=text.encode("utf-8", "replace"))


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    decoder, encoder = msgspec.msgpack.Decoder(Order), msgspec.msgpack.Encoder()
    while len(head := source.read(4)) == 4:
        order = decoder.decode(source.read(int.from_bytes(head, "big")))
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        used = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + order.seconds) + 1, hard))
        answer = encoder.encode(carry_out(order))
        sink.write(len(answer).to_bytes(4, "big") + answer)
        sink.flush()


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when it ends
    sys.setrecursionlimit(DEPTH)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    serve(sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    main()
