"""Atom and JSON feeds of all documents, of a collection, of one document."""
