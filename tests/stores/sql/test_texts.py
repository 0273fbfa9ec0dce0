"""What runs without SQLAlchemy is what SQLAlchemy says, word for word."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from carnet.stores import sql
from carnet.stores.sql.compiling import file_of
from carnet.stores.sql.kept import STATEMENTS, TABLES
from carnet.stores.sql.texts import read_texts, texts

FOLDER = Path(str(sql.__file__)).parent


def test_the_file_says_what_the_statements_and_tables_say() -> None:
    said = (FOLDER / "sqlite.sql").read_text("utf-8")
    assert said == file_of(STATEMENTS, TABLES, SQLiteDialect()), "run `make statements`"


def test_every_statement_runs_in_a_database_of_its_kind() -> None:
    kept = texts("sqlite")
    for kind, tables in kept.tables.items():
        with closing(sqlite3.connect(":memory:")) as connection:
            for words in tables:
                connection.execute(words)
            for name, words in kept.statements.items():
                if name.startswith(f"{kind}."):
                    connection.execute(f"EXPLAIN {words}", (None,) * words.count("?"))


def test_no_statement_is_kept_that_nobody_runs() -> None:
    """Some are named by their tables or columns: what is named whole, and no more than those."""
    sources = [path for path in FOLDER.glob("*.py") if not path.stem.endswith("_statements")]
    code = "\n".join(path.read_text("utf-8") for path in sources)
    patterns = [
        re.sub(r"\\{[^}]*\\}", r"\\w+", re.escape(name)) for name in re.findall(r'Statement\(f?"([^"]+)"', code)
    ]
    unused = [name for name in texts("sqlite").statements if not any(re.fullmatch(one, name) for one in patterns)]
    assert unused == []


def test_words_of_many_lines_are_read_as_they_were_written() -> None:
    read = read_texts("-- a head\n-- : one.a\nSELECT 1\nFROM x\n-- : one tables\nCREATE x\n-- : one tables\nCREATE y\n")
    assert read.statements == {"one.a": "SELECT 1\nFROM x"}
    assert read.tables == {"one": ("CREATE x", "CREATE y")}
