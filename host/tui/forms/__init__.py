"""Forms: fields from a JSON Schema, and the dialogs in which their values are typed."""
