"""Pages, feeds and the HTTP API, rendered on the server."""
