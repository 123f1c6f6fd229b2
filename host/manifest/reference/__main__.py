"""`python -m host.manifest.reference`: write the generated files into the source tree."""

from pathlib import Path

from host.manifest.reference import editor_schema, reference_page

folder = Path(__file__).parent
(folder / "plugin.schema.json").write_text(editor_schema(), encoding="utf-8")
(folder.parents[2] / "docs" / "manifest.md").write_text(reference_page(), encoding="utf-8")
