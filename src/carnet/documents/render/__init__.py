"""One renderer for page, feed, mail and terminal: captured text in, safe marks out."""
