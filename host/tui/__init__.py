"""The terminal monitor: a Textual program over a facade. `plughost top` runs it."""
