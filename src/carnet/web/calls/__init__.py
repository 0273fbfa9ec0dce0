"""The API over HTTP: every call stands in one table, from which routes and reference are made."""
