"""The blocks of code in the documents: Python compiles, and what says that it can be run is run.

    <!-- file: plugins/hello/main.py -->    the next block is written to this file
    <!-- run -->                            the next block is run; it has to end well

The blocks of one document share a folder, in which a copy of the examples lies too, and run in their order.
"""

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "packaging").rglob("*.md")])
SHELLS = {"sh", "bash", "shell"}

BLOCK = re.compile(
    r"(?P<marks>(?:^[ ]*<!--[^>]*-->[ ]*\n)*)"
    r"^(?P<indent>[ ]*)(?P<fence>```+)(?P<language>[\w+-]*)[^\n]*\n(?P<text>.*?)^(?P=indent)(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block and what the comments before it ask for."""

    line: int
    language: str
    text: str
    file: str | None
    run: bool


def blocks(document: str) -> list[Block]:
    found: list[Block] = []
    for match in BLOCK.finditer(document):
        marks = [mark.strip() for mark in re.findall(r"<!--(.*?)-->", match["marks"])]
        files = [mark.removeprefix("file:").strip() for mark in marks if mark.startswith("file:")]
        found.append(
            Block(
                line=document.count("\n", 0, match.start("fence")) + 1,
                language=match["language"],
                text=dedent(match["text"]),
                file=files[0] if files else None,
                run="run" in marks,
            )
        )
    return found


PYTHON = [
    pytest.param(block.text, id=f"{path.relative_to(ROOT)}:{block.line}")
    for path in DOCUMENTS
    for block in blocks(path.read_text(encoding="utf-8"))
    if block.language == "python"
]
RUNNABLE = [
    pytest.param(path, id=str(path.relative_to(ROOT)))
    for path in DOCUMENTS
    if any(block.run for block in blocks(path.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("source", PYTHON)
def test_python_in_documents_compiles(source: str):
    compile(source, "snippet", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("path", RUNNABLE)
def test_what_a_document_says_can_be_run_runs(path: Path, tmp_path: Path):
    folder = tmp_path / "folder"
    shutil.copytree(ROOT / "examples", folder / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    for block in blocks(path.read_text(encoding="utf-8")):
        if block.file is not None:
            file = (folder / block.file).resolve()
            assert file.is_relative_to(folder.resolve()), block.file
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, encoding="utf-8")
        if block.run:
            done = run(block, folder)
            assert done.returncode == 0, f"{path.name}:{block.line}\n{done.stdout}{done.stderr}"


GUIDES = ("tutorial.md", "cookbook.md", "embedding.md", "other-languages.md")


@pytest.mark.parametrize("name", GUIDES)
def test_every_block_of_a_guide_is_run_or_is_a_file_of_what_is_run(name: str):
    found = blocks((ROOT / "docs" / name).read_text(encoding="utf-8"))
    assert any(block.run for block in found)
    assert [block.line for block in found if not block.run and block.file is None] == []
    # What is written last has still to be used.
    assert found[-1].run


def test_the_readme_has_blocks_that_run():
    assert ROOT / "README.md" in [param.values[0] for param in RUNNABLE]
    assert PYTHON


def test_every_mark_stands_before_a_block():
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        marks = len(re.findall(r"^ *<!-- (?:run|file: \S+) -->$", text, re.MULTILINE))
        assert marks == sum(block.run + (block.file is not None) for block in blocks(text)), path


def test_blocks_are_read_with_their_marks():
    document = "a\n<!-- file: x/y.py -->\n<!-- run -->\n```python\nf()\n```\n\n- b\n  ```sh\n  ls\n  ```\n"
    assert blocks(document) == [
        Block(4, "python", "f()\n", "x/y.py", True),
        Block(9, "sh", "ls\n", None, False),
    ]


@pytest.mark.parametrize(("language", "text"), [("sh", "false\ntrue\n"), ("python", "raise SystemExit(3)\n")])
def test_a_block_that_fails_is_noticed(language: str, text: str, tmp_path: Path):
    assert run(Block(1, language, text, None, True), tmp_path).returncode != 0


def run(block: Block, folder: Path) -> "subprocess.CompletedProcess[str]":
    scripts = Path(sys.executable).parent
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PLUGHOST_")}
    environment |= {
        "PATH": f"{scripts}{os.pathsep}{environment.get('PATH', os.defpath)}",
        "HOME": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    if block.language == "python":
        command = [sys.executable, "-W", "error", "-c", block.text]
    else:
        assert block.language in SHELLS, f"line {block.line}: a block of {block.language!r} can't be run"
        command = ["sh", "-e", "-c", block.text]
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
