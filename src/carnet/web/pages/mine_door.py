"""The way to a person's own page and out of it: a key of theirs is exchanged for a session, in a form, once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.accounts.keys import MISSING, Refusal, told
from carnet.web.forms import LONGEST, read_form
from carnet.web.holders import COOKIE, HERE, holders_of, peer_of
from carnet.web.rendering import page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

DOOR, OUT = f"{HERE}/sign-in", f"{HERE}/sign-out"
INSTEAD = "Paste a key of this Carnet (ck_…) instead."
EMPTY = "Paste the whole key (ck_…)."
_HERE = re.compile(rf"{HERE}(?:[/?][!-\[\]-~]*)?")


async def door(request: Request) -> Response:
    """`GET /mine/sign-in`: a form for the key."""
    return page(request, "mine_sign_in.html", {"goal": own_path(request.query_params.get("next", "")), "problem": ""})


async def enter(request: Request) -> Response:
    """`POST /mine/sign-in`: a session for a key, or why there is none; the key is not repeated."""
    form = await read_form(request)
    goal = own_path(form.get("next", ""))
    found = await holders_of(request).enter(form.get("key", "").strip(), peer_of(request))
    if isinstance(found, Refusal):
        problem = EMPTY if found is MISSING else told(found, INSTEAD)
        again = page(request, "mine_sign_in.html", {"goal": goal, "problem": problem}, found.status)
        if found.after:
            again.headers["Retry-After"] = str(found.after)
        return again
    entered = RedirectResponse(goal, 303)
    secure = request.url.scheme == "https"
    entered.set_cookie(COOKIE, found, path=HERE, httponly=True, samesite="strict", secure=secure)
    return entered


async def leave(request: Request) -> Response:
    """`POST /mine/sign-out`: end the session, here and in the browser."""
    holders_of(request).end(request.cookies.get(COOKIE, ""))
    left = RedirectResponse(DOOR, 303)
    left.delete_cookie(COOKIE, path=HERE, httponly=True, samesite="strict")
    return left


def own_path(wanted: str) -> str:
    """The path if it stays on a person's own page, else that page."""
    return wanted if len(wanted) < LONGEST and _HERE.fullmatch(wanted) and "//" not in wanted else HERE
