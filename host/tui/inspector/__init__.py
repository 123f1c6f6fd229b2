"""Inspector: one plugin asked by hand, from forms, with the wire beside it."""
