"""All that is kept as text: the statements and the tables of each kind of database."""

from __future__ import annotations

from carnet.stores.sql import catalogue_statements, partition_statements
from carnet.stores.sql.catalogue_tables import metadata as catalogue
from carnet.stores.sql.partition_tables import metadata as partition
from carnet.stores.sql.tables import metadata as documents

STATEMENTS = {
    "documents": catalogue_statements.NOTES,
    "catalogue": catalogue_statements.STATEMENTS,
    "partition": partition_statements.STATEMENTS,
}
TABLES = {"documents": documents, "catalogue": catalogue, "partition": partition}
