"""Whether a redirect still leads to the document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from carnet.documents.capture.addresses import bare

if TYPE_CHECKING:
    from yarl import URL

MOST = 5
"""Redirects followed for one fetch."""

_SIGN_IN = re.compile(r"(?i)(log|sign)[-_]?(in|on)|sso|auth|authorize|oauth2?|saml2?|session|accounts?|challenge")


def objection(asked: URL, answered: URL) -> str:
    """Why the address that answered is not the document that was asked for; empty when it is.

    Fine are http to https, another spelling of the host, a trailing slash, and another place for the same last part
    of the path. Anything else may be another document, and a person decides whether to watch that one.
    """
    if asked.scheme == "https" and answered.scheme != "https":
        return f"redirected from https to an unprotected address, {shown(answered)}"
    if _asks_to_sign_in(answered) and not _asks_to_sign_in(asked):
        return f"redirected to a sign-in page, {shown(answered)}"
    same_host = _host(asked) == _host(answered)
    if _last(asked) == _last(answered) and (_last(asked) or same_host) and _keeps_query(asked, answered):
        return ""
    return f"redirected to another page, {shown(answered)}; watch that address if it is the document now"


def shown(url: URL) -> str:
    """An address fit to be recorded: no credentials, no fragment, bounded."""
    text = str(url.with_user(None).with_fragment(None))
    return text if len(text) <= 500 else f"{text[:500]}…"


def _host(url: URL) -> str:
    return bare(url.host or "").removeprefix("www.")


def _last(url: URL) -> str:
    """Last part of the path, without a trailing slash and the suffix of a web page."""
    part = url.path.rstrip("/").rpartition("/")[2]
    return re.sub(r"(?i)\.(html?|php|aspx?)$", "", "" if part.lower() in {"index.html", "index.htm"} else part)


def _keeps_query(asked: URL, answered: URL) -> bool:
    return all(answered.query.getall(name, []) == asked.query.getall(name) for name in asked.query)


def _asks_to_sign_in(url: URL) -> bool:
    labels = bare(url.host or "").split(".")[:1]
    return any(_SIGN_IN.fullmatch(part) for part in [*labels, *url.path.split("/")])
