"""The sign-in page, the way out, and fresh links for `carnet sign-in`.

Looking at a link uses nothing up (a preview or prefetch may do it); the button does.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from carnet.web.admission import COOKIE, LINK_LIFE, admission_of, credential_of
from carnet.web.faults import fault
from carnet.web.forms import LONGEST, read_form
from carnet.web.rendering import as_json, page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

HOME = "/records"
"""Where a sign-in leads that was asked for no page."""
START = "/"
SPENT = (
    "This sign-in link does not work: it was used already, has expired, or is incomplete. On the machine where Carnet "
    "runs, `carnet sign-in` prints a fresh one; `carnet serve` prints one at every start."
)
TOO_MANY = "There were too many sign-in links that do not work. Wait a minute, then press the button of a fresh one."
ONLY_SCRIPTS = "Fresh sign-in links are for `carnet sign-in`, which shows the token in `admin.token`."


async def door(request: Request) -> Response:
    """`GET /sign-in`: one button, or how to come by a link."""
    goal = local_path(request.query_params.get("next", ""))
    token = request.query_params.get("token", "")
    if not token and credential_of(request):
        return RedirectResponse(goal, 303)
    return page(request, "sign_in.html", {"token": token, "goal": goal})


async def enter(request: Request) -> Response:
    """`POST /sign-in`: use the token up, and go where the reader wanted to."""
    form = await read_form(request)
    admission = admission_of(request)
    if pause := admission.pause():
        refused = fault(request, 429, TOO_MANY)
        refused.headers["Retry-After"] = str(pause)
        return refused
    secret = admission.redeem(form.get("token", ""))
    if secret is None:
        return fault(request, 403, SPENT)
    entered = RedirectResponse(local_path(form.get("next", "")), 303)
    entered.set_cookie(COOKIE, secret, path="/", httponly=True, samesite="strict")
    return entered


async def leave(request: Request) -> Response:
    """`POST /sign-out`: end the session, here and in the browser."""
    admission_of(request).end(request.cookies.get(COOKIE, ""))
    left = RedirectResponse(START, 303)
    left.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return left


async def links(request: Request) -> Response:
    """`POST /api/sign-in-links`: a fresh link. A session gets none, or it could outlive itself."""
    if credential_of(request) != "token":
        return fault(request, 403, ONLY_SCRIPTS)
    token = admission_of(request).issue()
    link = f"{request.url.scheme}://{request.headers['host']}/sign-in?token={token}"
    return as_json(request, {"link": link, "seconds": LINK_LIFE.seconds}, 201)


def local_path(wanted: str) -> str:
    """The path if it stays on this server, else the page of records.

    Browsers drop tabs and line ends and read a backslash as a slash, so that none of them may be in it.
    """
    return wanted if len(wanted) < LONGEST and re.fullmatch(r"/(?!/)[!-\[\]-~]*", wanted) else HOME
