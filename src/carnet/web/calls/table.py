"""All calls of the API about people: where they are is said here and nowhere else."""

from __future__ import annotations

from carnet.web.calls import accounts, keys, mine, organisations, records, upstreams
from carnet.web.calls.call import route_of

ADMIN = (
    ("Organisations", organisations.CALLS),
    ("Accounts", accounts.CALLS),
    ("Keys", keys.CALLS),
    ("Upstreams", upstreams.CALLS),
    ("Records, holds and receipts", records.CALLS),
)
"""For whoever shows the token of the administration, or has signed in."""

MINE = (("My own data", mine.CALLS),)
"""For the holder of an account, who shows a key with the scope `own`."""

ROUTES = tuple(route_of(call) for _, calls in (*ADMIN, *MINE) for call in calls)
