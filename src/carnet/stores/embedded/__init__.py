"""The store of one machine: SQLite in one folder, nothing to install, nothing to run."""
