"""The contract in portable SQL: the same rows in SQLite and in PostgreSQL."""
