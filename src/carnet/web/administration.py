"""The pages about people: their addresses and what answers them. The gate closes all of them by where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from carnet.web.forms import posted
from carnet.web.pages import deletion, feedback, holds, keys, receipts, session, upstreams
from carnet.web.pages.account import account_page, consent
from carnet.web.pages.accounts import accounts_page, add_org, add_person
from carnet.web.pages.domains import domains_page
from carnet.web.pages.errors import errors_page
from carnet.web.pages.intake import intake_page
from carnet.web.pages.log import check, log_page
from carnet.web.pages.organisation import organisation_page, set_limits, set_organisation
from carnet.web.pages.records import records_page
from carnet.web.pages.sinks import sinks_page
from carnet.web.pages.survey import survey_page
from carnet.web.record_addresses import (
    ACCOUNT,
    ACCOUNTS,
    DELETE,
    ERRORS,
    FEEDBACK,
    INTAKE,
    ORGANISATION,
    RECORDS,
    REMOVE,
    REPORT,
    SESSIONS,
    SINKS,
    SURVEY,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

PAGES: tuple[tuple[str, Callable[[Request], Response]], ...] = (
    (RECORDS, records_page),
    (SESSIONS, session.sessions_page),
    (DELETE, deletion.confirmation),
    (REMOVE, deletion.confirmation),
    ("/holds", holds.holds_page),
    ("/receipts", receipts.receipts_page),
    ("/log", log_page),
    (ACCOUNTS, accounts_page),
    (ORGANISATION, organisation_page),
    (ACCOUNT, account_page),
    (INTAKE, intake_page),
    (SURVEY, survey_page),
    (ERRORS, errors_page),
    (FEEDBACK, feedback.feedback_page),
    (REPORT, feedback.report_page),
    (SINKS, sinks_page),
    ("/domains", domains_page),
)
"""Each has a JSON twin at the same address with `.json` behind it."""

FORMS = (
    Route(DELETE, posted(deletion.delete), methods=["POST"]),
    Route(REMOVE, posted(deletion.delete), methods=["POST"]),
    Route(f"{DELETE}.json", posted(deletion.delete), methods=["POST"]),
    Route(f"{REMOVE}.json", posted(deletion.delete), methods=["POST"]),
    Route(REPORT, posted(feedback.open_report), methods=["POST"]),
    Route(f"{RECORDS}/hold", posted(session.hold), methods=["POST"]),
    Route(f"{RECORDS}/release", posted(session.release), methods=["POST"]),
    Route("/receipts/check", posted(receipts.look_over, receipts.LONGEST), methods=["POST"]),
    Route("/log/check", posted(check), methods=["POST"]),
    Route("/log/check.json", posted(check), methods=["POST"]),
    Route(f"{ACCOUNTS}/add-organisation", posted(add_org), methods=["POST"]),
    Route(f"{ACCOUNTS}/add-account", posted(add_person), methods=["POST"]),
    Route(f"{ORGANISATION}/set", posted(set_organisation), methods=["POST"]),
    Route(f"{ORGANISATION}/limits", posted(set_limits), methods=["POST"]),
    Route(f"{ACCOUNT}/consent", posted(consent), methods=["POST"]),
    Route(f"{ACCOUNTS}/keys/create", posted(keys.create_key), methods=["POST"]),
    Route(f"{ACCOUNTS}/keys/limit", posted(keys.limit), methods=["POST"]),
    Route(f"{ACCOUNTS}/keys/revoke", posted(keys.revoke_key), methods=["POST"]),
    Route(f"{ACCOUNTS}/upstreams/add", posted(upstreams.add), methods=["POST"]),
    Route(f"{ACCOUNTS}/upstreams/set", posted(upstreams.change), methods=["POST"]),
    Route(f"{ACCOUNTS}/upstreams/remove", posted(upstreams.remove), methods=["POST"]),
)

ROUTES = (*(Route(f"{path}{end}", answer) for path, answer in PAGES for end in ("", ".json")), *FORMS)
