"""Work on untrusted pages in a process of its own, bounded in time and memory."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from typing import TYPE_CHECKING

import msgspec

from carnet.documents.capture.extract.order import Order, Yield
from carnet.errors import FetchError
from carnet.settings import child_environment

if TYPE_CHECKING:
    from asyncio.subprocess import Process

PROGRAM = "carnet.documents.capture.extract"


class Extractor:
    """The extracting process: started at the first order, replaced when an order costs too much."""

    def __init__(self, seconds: float = 20.0) -> None:
        self._seconds = seconds
        self._process: Process | None = None
        self._turn = asyncio.Lock()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Yield).decode

    async def extract(self, order: Order) -> bytes:
        """The text of a page or file. Raises FetchError saying why there is none."""
        order = msgspec.structs.replace(order, seconds=self._seconds)
        async with self._turn:
            try:
                async with asyncio.timeout(self._seconds * 1.5):
                    made = await self._carry_out(order)
            except (TimeoutError, asyncio.IncompleteReadError, OSError) as error:
                await self._end()
                raise FetchError(
                    f"reading the text took more than {self._seconds:g} s or too much memory; "
                    "the page may be made to do that",
                    "bomb",
                ) from error
            except BaseException:
                # Cancelled in between: what is still to come would be taken for the next answer.
                await self._end()
                raise
        if made.fault:
            raise FetchError(made.fault, made.reason)
        return made.text

    async def _carry_out(self, order: Order) -> Yield:
        process = self._process or await self._start()
        if process.stdin is None or process.stdout is None:
            raise OSError("the extracting process has no pipes")
        data = self._encode(order)
        process.stdin.write(len(data).to_bytes(4, "big") + data)
        await process.stdin.drain()
        size = int.from_bytes(await process.stdout.readexactly(4), "big")
        return self._decode(await process.stdout.readexactly(size))

    async def _start(self) -> Process:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", PROGRAM, stdin=PIPE, stdout=PIPE, stderr=asyncio.subprocess.DEVNULL,
            env=child_environment({}), limit=1 << 20,
        )  # fmt: skip
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def close(self) -> None:
        """End the process."""
        await self._end()
