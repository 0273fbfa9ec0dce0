"""The web application: every address and what answers it. No global state: store and settings are arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from carnet.settings import environment
from carnet.web import administration, api
from carnet.web.admission import Admission
from carnet.web.faults import HANDLERS
from carnet.web.feeds import pages as feeds
from carnet.web.gate import LINKS, SIGN_IN, SIGN_OUT, Gate
from carnet.web.machine import Machine, machine_of
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
from carnet.web.shield import Shield, is_loopback
from carnet.web.site import Site
from carnet.web.static import static

if TYPE_CHECKING:
    from carnet.settings import Settings
    from carnet.stores.contract import Store

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
    Route(SIGN_IN, door),
    Route(SIGN_IN, enter, methods=["POST"]),
    Route(SIGN_OUT, leave, methods=["POST"]),
    Route(LINKS, links, methods=["POST"]),
    *administration.ROUTES,
    Route("/static/{name}", static),
)


def make_app(store: Store, settings: Settings, *, admission: Admission | None = None) -> Starlette:
    """The pages, feeds and API over one opened store. Without an admission nobody can sign in."""
    admission = admission or Admission()
    host, open_pages = settings["web.host"], settings.on("web.open-pages")
    app = Starlette(
        routes=list(ROUTES),
        exception_handlers=HANDLERS,
        middleware=[
            Middleware(Shield, host=host),
            Middleware(Gate, admission=admission, host=host, open_pages=open_pages),
        ],
    )
    app.state.admission = admission
    # this machine's own settings are for whoever sits at it, not for a network
    shown = is_loopback(host)
    app.state.site = site = Site(store, settings, machine=machine_of(environment()) if shown else Machine(None))
    app.state.records = Records(store, site.clock)
    return app
