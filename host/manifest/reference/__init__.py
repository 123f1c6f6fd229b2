"""What is generated from the manifest's model: a JSON Schema for editors, and the reference page."""

from host.manifest.reference.editor_schema import editor_schema
from host.manifest.reference.page import reference_page

__all__ = ["editor_schema", "reference_page"]
