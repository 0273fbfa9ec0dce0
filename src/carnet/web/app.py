"""The web application: every address and what answers it. No global state: store and settings are arguments."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from carnet.gateway.intake.app import Doorway, Front
from carnet.model.loopback import is_loopback
from carnet.settings import environment
from carnet.web import administration, api, domain_check, mine
from carnet.web.admission import Admission
from carnet.web.calls import description
from carnet.web.calls import table as calls
from carnet.web.faults import HANDLERS
from carnet.web.feeds import pages as feeds
from carnet.web.gate import FOR_CLIENTS, LINKS, SIGN_IN, SIGN_OUT, Gate
from carnet.web.holders import Holders
from carnet.web.machine import Machine, machine_of
from carnet.web.metrics import METRICS, metrics
from carnet.web.pages.about import about
from carnet.web.pages.below import below
from carnet.web.pages.collection import collection
from carnet.web.pages.explain import explain_page
from carnet.web.pages.flows import flows, flows_mermaid
from carnet.web.pages.matrix import matrix
from carnet.web.pages.overview import overview
from carnet.web.pages.search import search_page
from carnet.web.pages.sign_in import door, enter, leave, links
from carnet.web.pages.span import span
from carnet.web.records import Records
from carnet.web.shield import Shield
from carnet.web.site import Site
from carnet.web.static import static

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from carnet.settings import Settings
    from carnet.stores.contract import Store
    from carnet.web.domain_check import DomainChecks

ROUTES = (
    Route("/", overview),
    Route("/index.json", overview),
    Route("/feed.atom", feeds.all_atom),
    Route("/feed.json", feeds.all_json_feed),
    Route("/search", search_page),
    Route("/search.json", search_page),
    Route("/matrix", matrix),
    Route("/matrix.json", matrix),
    Route("/flows", flows),
    Route("/flows.json", flows),
    Route("/flows.mermaid", flows_mermaid),
    Route("/explain/{flow}.json", explain_page),
    Route("/explain/{flow}", explain_page),
    Route("/about", about),
    Route("/about.json", about),
    Route("/timeline/{collection}/feed.atom", feeds.collection_atom),
    Route("/timeline/{collection}/feed.json", feeds.collection_json_feed),
    Route("/timeline/{collection}/{span}.json", span),
    Route("/timeline/{collection}/{span}", span),
    Route("/timeline/{collection}.json", collection),
    Route("/timeline/{collection}", collection),
    Route("/documents/{rest:path}", below),
    Route("/api/documents", api.documents),
    Route("/api/documents/{name:path}/versions/{instant}", api.versions),
    Route("/api/documents/{name:path}/diff/{span}", api.diff),
    Route("/api/documents/{name:path}/timeline", api.timeline),
    Route(domain_check.PATH, domain_check.domain_info),
    Route(SIGN_IN, door),
    Route(SIGN_IN, enter, methods=["POST"]),
    Route(SIGN_OUT, leave, methods=["POST"]),
    Route(LINKS, links, methods=["POST"]),
    *administration.ROUTES,
    *mine.ROUTES,
    *calls.ROUTES,
    Route(description.PATH, description.described),
    Route(METRICS, metrics),
    Route("/static/{name}", static),
)


def make_app(store: Store, settings: Settings, *, admission: Admission | None = None) -> Starlette:
    """The pages, feeds and API over one opened store. Without an admission nobody can sign in."""
    admission = admission or Admission()
    front = Front(store, settings)
    host, open_pages = settings["web.host"], settings.on("web.open-pages")
    # this machine's own settings are for whoever sits at it, not for a network
    site = Site(store, settings, machine=machine_of(environment()) if is_loopback(host) else Machine(None))
    records = Records(store, site.clock)
    holders = Holders(records)
    checks = domain_check.DomainChecks(settings, records)
    app = Starlette(
        routes=list(ROUTES),
        exception_handlers=HANDLERS,
        middleware=[
            Middleware(Doorway, front=front),
            Middleware(Shield, host=host, only_read=FOR_CLIENTS),
            Middleware(Gate, admission=admission, holders=holders, host=host, open_pages=open_pages),
        ],
        lifespan=lambda _: _closing(holders, front, checks),
    )
    app.state.admission, app.state.site, app.state.records, app.state.holders = admission, site, records, holders
    app.state.intake, app.state.domain_checks = front, checks
    app.state.data = settings.data
    return app


@asynccontextmanager
async def _closing(holders: Holders, front: Front, checks: DomainChecks) -> AsyncIterator[None]:
    try:
        yield
    finally:
        holders.close()
        await front.close()
        await checks.close()
