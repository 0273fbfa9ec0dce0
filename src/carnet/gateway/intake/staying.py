"""A client may ask for another protocol, and send its request in this one all the same: the request is answered.

`Upgrade` is an offer which a server may pass over (RFC 9110, 7.8). The parser takes what follows the head of such a
request for the other protocol, and would leave the request without its body: an empty report, which is valid. So the
head is read again without the offer, and what follows as ever.
"""

from __future__ import annotations

from httptools import HttpParserError, HttpParserInvalidMethodError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

INVALID = "Invalid HTTP request received."


class Staying(HttpToolsProtocol):
    """One connection, in HTTP/1.1 for as long as it lasts."""

    _offering = b""
    """The first line of the request whose head was read with an offer in it."""

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        try:
            self._feed(data)
        except HttpParserError:
            self.logger.warning(INVALID)
            self.send_400_response(INVALID)

    def _feed(self, data: bytes) -> None:
        rest: bytes | memoryview = data
        while rest:
            try:
                self.parser.feed_data(rest)
            except HttpParserUpgrade as found:
                rest = memoryview(rest)[found.args[0] :]
                self._again_without_offer()
            else:
                return

    def _again_without_offer(self) -> None:
        first, self._offering = self._offering, b""
        if first.startswith(b"CONNECT "):
            raise HttpParserInvalidMethodError("No other protocol is spoken here.")
        lines = [b"%b: %b" % (name, value) for name, value in self.headers if name != b"upgrade"]
        self.parser = HttpRequestParser(self)  # one that was told to go elsewhere may not come back
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self.parser.feed_data(b"\r\n".join([first, *lines, b"", b""]))

    def on_headers_complete(self) -> None:
        if self.parser.should_upgrade():
            version = self.parser.get_http_version().encode()
            self._offering = b"%b %b HTTP/%b" % (self.parser.get_method(), self.url, version)
        else:
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self._offering:
            super().on_message_complete()
