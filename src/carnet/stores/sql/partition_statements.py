"""What every put asks of a partition and writes to it, by name: built here, kept as text in sqlite.sql."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from carnet.stores.sql.compiling import insertion
from carnet.stores.sql.partition_tables import chunk, fact, key, lane, loose, session, tally
from carnet.stores.sql.partition_writing import AT_ONCE

SESSION_COLUMNS = ("organisation", "account", "name", "repository")
_THIS_SESSION = sa.and_(*(session.c[name] == sa.bindparam(name) for name in SESSION_COLUMNS))


def _keys_of(number: int) -> sa.Select[Any]:
    """The keys of so many sessions, the newest last."""
    asked = [sa.column(name, session.c[name].type) for name in SESSION_COLUMNS]
    rows: list[tuple[sa.BindParameter[Any], ...]] = [
        tuple([sa.bindparam(f"{name}{at}") for name in SESSION_COLUMNS]) for at in range(number)
    ]
    wanted = sa.values(*asked, name="wanted").data(rows).cte("wanted")
    same = sa.and_(*(session.c[name] == wanted.c[name] for name in SESSION_COLUMNS))
    columns = (*(wanted.c[name] for name in SESSION_COLUMNS), key.c.uid, key.c.slot, key.c.session, key.c.id)
    return sa.select(*columns).select_from(wanted.join(session, same).join(key)).order_by(key.c.id)


STATEMENTS: dict[str, Any] = {
    "session_id": sa.select(session.c.id).where(_THIS_SESSION),
    "keys_of_one": _keys_of(1),
    "keys_of_some": _keys_of(AT_ONCE),
    "key_rows": sa.select(key.c.session, key.c.id).where(
        key.c.session == sa.bindparam("owner"), key.c.uid == sa.bindparam("uid")
    ),
    "move_key": sa.update(key)
    .values(slot=sa.bindparam("place"))
    .where(
        key.c.session == sa.select(session.c.id).where(_THIS_SESSION).scalar_subquery(),
        key.c.uid == sa.bindparam("this"),
    ),
    "slots": sa.select(key.c.slot),
    **{f"last_{table.name}": sa.select(sa.func.max(table.c.id)) for table in (session, key, chunk)},
    "add_session": insertion(session, " ON CONFLICT DO NOTHING"),
    "add_key": insertion(key, " ON CONFLICT (session, uid) DO NOTHING"),
    "add_chunk": insertion(chunk, " ON CONFLICT (uid) DO NOTHING"),
    "add_loose": insertion(loose),
    "chunk_id": sa.select(chunk.c.id).where(chunk.c.uid == sa.bindparam("uid")),
    "lanes": sa.select(lane),
    "add_lane": insertion(lane),
    "fact": sa.select(fact.c.value).where(fact.c.key == sa.bindparam("which")),
    "forget_tallies": sa.delete(tally).where(tally.c.records == sa.literal_column("0")),
    "forget_lanes": sa.delete(lane).where(
        ~sa.exists().where(tally.c.lane == lane.c.id), ~sa.exists().where(chunk.c.lane == lane.c.id)
    ),
    "count": insertion(
        tally,
        " ON CONFLICT (organisation, lane) DO UPDATE"
        " SET records = tally.records + excluded.records, bytes = tally.bytes + excluded.bytes",
    ),
}
