"""What is asked of a catalogue and written to it, by name: built here, kept as text in sqlite.sql."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from carnet.stores.sql.catalogue_tables import (
    account,
    act,
    api_key,
    entry,
    fact,
    hold,
    opening,
    org_key,
    organisation,
    partition,
    upstream,
    work,
)
from carnet.stores.sql.compiling import change, insertion
from carnet.stores.sql.tables import note

_WHICH: sa.BindParameter[Any] = sa.bindparam("which")
_MOST: sa.BindParameter[int] = sa.bindparam("most")
_NONE: sa.ColumnElement[int] = sa.literal_column("0")
_ORGANISATION: sa.BindParameter[int] = sa.bindparam("organisation")
_ACCOUNT: sa.BindParameter[int] = sa.bindparam("account")
_SMALL = {
    "pulse": sa.select(fact.c.key, fact.c.value).where(
        sa.or_(fact.c.key == sa.bindparam("one"), fact.c.key == sa.bindparam("other"))
    ),
    "fact": sa.select(fact.c.value).where(fact.c.key == _WHICH),
    "add_fact": insertion(fact),
    "change_fact": change(fact, "value").where(fact.c.key == _WHICH),
}
_PARTITIONS = {
    "partitions": sa.select(partition).order_by(partition.c.name),
    "add_partition": insertion(partition),
    "change_partition": change(partition, "end", "slot").where(partition.c.name == _WHICH),
    "remove_partition": sa.delete(partition).where(partition.c.name == _WHICH),
    "org_keys": sa.select(org_key),
    "add_org_key": insertion(org_key),
    "remove_org_key": sa.delete(org_key).where(
        org_key.c.organisation == _ORGANISATION, org_key.c.epoch == sa.bindparam("epoch")
    ),
}
_UNDER_WAY = {
    "holds": sa.select(hold).order_by(hold.c.placed, hold.c.id),
    "hold_of": sa.select(hold.c.id, hold.c.reason, hold.c.placed).where(
        hold.c.organisation == _ORGANISATION,
        hold.c.account == _ACCOUNT,
        hold.c.session == sa.bindparam("session"),
        hold.c.repository == sa.bindparam("repository"),
    ),
    "add_hold": insertion(hold, but="id"),
    "remove_hold": sa.delete(hold).where(hold.c.id == _WHICH),
    "works": sa.select(work).order_by(work.c.id),
    "add_work": insertion(work, but="id"),
    "last_work": sa.select(sa.func.max(work.c.id)),
    "change_work": change(work, "done").where(work.c.id == _WHICH),
    "remove_work": sa.delete(work).where(work.c.id == _WHICH),
}
_THEIR_OPENINGS = sa.and_(opening.c.organisation == _ORGANISATION, opening.c.account == _ACCOUNT)
_LOG = {
    "last_entry": sa.select(sa.func.max(entry.c.seq)),
    "entries": sa.select(entry.c.entry)
    .where(entry.c.seq >= sa.bindparam("start"), entry.c.seq < sa.bindparam("stop"))
    .order_by(entry.c.seq),
    "add_entry": insertion(entry),
    "add_opening": insertion(opening),
    "openings": sa.select(opening.c.seq, opening.c.words)
    .order_by(opening.c.seq.desc())
    .limit(_MOST)
    .offset(_NONE),  # SQLite's dialect would have it given
    "openings_of": sa.select(opening.c.seq, opening.c.words).where(_THEIR_OPENINGS),
    "forget_opening": sa.delete(opening).where(opening.c.seq == _WHICH),
    "forget_openings_of": sa.delete(opening).where(_THEIR_OPENINGS),
    "forget_openings": sa.delete(opening).where(opening.c.organisation == _WHICH),
}
_WHO = {
    "organisations": sa.select(organisation).order_by(organisation.c.name),
    "organisation_there": sa.select(organisation.c.id).where(organisation.c.id == _WHICH),
    "organisation_named": sa.select(organisation).where(organisation.c.name == _WHICH),
    "add_organisation": insertion(organisation, but="id"),
    "change_organisation": change(organisation, *(one.name for one in organisation.columns if one.name != "id")).where(
        organisation.c.id == _WHICH
    ),
    "remove_organisation": sa.delete(organisation).where(organisation.c.id == _WHICH),
    "accounts": sa.select(account).order_by(account.c.folded),
    "accounts_of": sa.select(account).where(account.c.organisation == _WHICH).order_by(account.c.folded),
    "account_there": sa.select(account.c.id).where(account.c.id == _WHICH),
    "account_with": sa.select(account).where(account.c.folded == _WHICH),
    "add_account": insertion(account, but="id"),
    "change_account": change(account, *(one.name for one in account.columns if one.name != "id")).where(
        account.c.id == _WHICH
    ),
    "remove_account": sa.delete(account).where(account.c.id == _WHICH),
    "acts": sa.select(act).where(act.c.organisation == _WHICH).order_by(act.c.at, act.c.id),
    "acts_of": sa.select(act)
    .where(act.c.organisation == _ORGANISATION, act.c.account == _ACCOUNT)
    .order_by(act.c.at, act.c.id),
    "add_act": insertion(act, but="id"),
}
_WITH_ACCOUNTS = {
    f"remove_{table.name}_of_account": sa.delete(table).where(table.c.account == _WHICH)
    for table in (api_key, act, opening)
}
_WITH_ORGANISATIONS = {
    "remove_api_key_of_organisation": sa.delete(api_key).where(
        api_key.c.account.in_(sa.select(account.c.id).where(account.c.organisation == _WHICH))
    )
} | {
    f"remove_{table.name}_of_organisation": sa.delete(table).where(table.c.organisation == _WHICH)
    for table in (act, opening, org_key, upstream, account)
}
_CALLERS = sa.select(api_key, account, organisation).select_from(api_key.join(account).join(organisation))
_IN_ORDER = _CALLERS.order_by(api_key.c.created, api_key.c.id)
_KEYS = {
    "caller": _CALLERS.where(api_key.c.id == _WHICH),
    "callers": _IN_ORDER,
    "callers_of": _IN_ORDER.where(api_key.c.account == _WHICH),
    "key": sa.select(api_key).where(api_key.c.id == _WHICH),
    "add_key": insertion(api_key),
    "revoke_key": change(api_key, "revoked").where(api_key.c.id == _WHICH, api_key.c.revoked.is_(None)),
    "use_key": change(api_key, "used").where(
        api_key.c.id == _WHICH, sa.or_(api_key.c.used.is_(None), api_key.c.used < sa.bindparam("day"))
    ),
} | {
    f"limit_{name}": change(api_key, name).where(api_key.c.id == _WHICH)
    for name in ("requests_per_minute", "tokens_per_minute", "at_once")
}
_UPSTREAMS = {
    "upstreams": sa.select(upstream).order_by(upstream.c.priority, upstream.c.name),
    "upstream_there": sa.select(upstream.c.name).where(upstream.c.name == _WHICH),
    "add_upstream": insertion(upstream),
    "change_upstream": change(upstream).where(upstream.c.name == _WHICH),
    "remove_upstream": sa.delete(upstream).where(upstream.c.name == _WHICH),
}
NOTES: dict[str, Any] = {
    "note": sa.select(note.c.value).where(note.c.key == _WHICH),
    "add_note": insertion(note),
    "change_note": change(note, "value").where(note.c.key == _WHICH),
}
"""Of the documents' database."""
STATEMENTS: dict[str, Any] = {
    **_SMALL,
    **_PARTITIONS,
    **_UNDER_WAY,
    **_LOG,
    **_WHO,
    **_WITH_ACCOUNTS,
    **_WITH_ORGANISATIONS,
    **_KEYS,
    **_UPSTREAMS,
}
