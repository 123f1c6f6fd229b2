"""`python -m protocol.schema`: write the generated files beside this one."""

from pathlib import Path

from protocol.schema.generator import generated

for name, text in generated().items():
    (Path(__file__).parent / name).write_text(text, encoding="utf-8")
