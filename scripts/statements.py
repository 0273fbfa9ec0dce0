"""Writes src/carnet/stores/sql/sqlite.sql, which runs without SQLAlchemy, from the tables and statements made with it.

With --check nothing is written: the file is compared, and a difference ends with status 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from carnet.stores.sql.compiling import file_of
from carnet.stores.sql.kept import STATEMENTS, TABLES

FOLDER = Path(__file__).parent.parent / "src" / "carnet" / "stores" / "sql"
DIALECTS = (SQLiteDialect(),)


def main() -> int:
    written = {FOLDER / f"{one.name}.sql": file_of(STATEMENTS, TABLES, one) for one in DIALECTS}
    stale = [file for file, text in written.items() if not file.is_file() or file.read_text("utf-8") != text]
    for file in stale:
        if "--check" in sys.argv[1:]:
            print(f"{file.name} is not what the statements say: run `make statements`")
        else:
            file.write_text(written[file], "utf-8")
    return 1 if stale and "--check" in sys.argv[1:] else 0


if __name__ == "__main__":
    sys.exit(main())
