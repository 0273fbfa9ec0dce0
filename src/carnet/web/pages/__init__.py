"""One file per page: read a view from the store, then render it or answer its facts as JSON."""
