"""Risk check: patterns that are seldom meant: secrets in code, unescaped HTML, eval, blocking calls."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from host.devtools.findings import Finding, Level
from host.devtools.source_tree import SourceFile, SourceTree

_SECRET_NAME: Final = re.compile(
    r"(?:^|_)(?:password|passwd|secret|token|api_?key|private_?key|access_?key)s?$", re.IGNORECASE
)
_SECRET_FORMS: Final = (
    (re.compile(r"AKIA[0-9A-Z]{16}"), "an access key of a cloud"),
    (re.compile(r"gh[pousr]_[A-Za-z0-9]{36}"), "a token of a code host"),
    (re.compile(r"xox[abprs]-[A-Za-z0-9-]{10,}"), "a token of a chat service"),
    (re.compile(r"sk-[A-Za-z0-9_-]{20,}"), "a key of an AI service"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"), "a signed token"),
)
_PLACEHOLDER: Final = re.compile(
    r"example|change|your|placeholder|dummy|xxx|<|\$\{|\*\*|^test|\s", re.IGNORECASE
)
MIN_SECRET_CHARS: Final = 8
_HTML: Final = re.compile(r"<\s*/?[a-zA-Z!][^<]*")
_LOCAL: Final = re.compile(
    r"http://(?:localhost|127\.|\[::1\]|0\.0\.0\.0|[\w.-]+\.(?:local|test|internal)\b)"
)
_ESCAPES: Final = ("escape", "quote", "quoteattr", "Markup")

_DANGEROUS: Final = {
    "eval": "runs whatever text it is given",
    "exec": "runs whatever text it is given",
    "pickle.load": "runs code that the data names",
    "pickle.loads": "runs code that the data names",
    "marshal.loads": "may be led astray by data",
    "shelve.open": "reads pickles, which run code that the data names",
    "os.system": "hands its text to a shell",
    "os.popen": "hands its text to a shell",
    "tempfile.mktemp": "names a file that somebody else may make first",
}
_BLOCKING: Final = {
    "time.sleep": "await asyncio.sleep(...)",
    "urllib.request.urlopen": "make the handler a plain def, which runs in a thread",
    "socket.create_connection": "await asyncio.open_connection(...)",
    "subprocess.run": "await asyncio.create_subprocess_exec(...)",
    "subprocess.call": "await asyncio.create_subprocess_exec(...)",
    "subprocess.check_call": "await asyncio.create_subprocess_exec(...)",
    "subprocess.check_output": "await asyncio.create_subprocess_exec(...)",
    "os.system": "await asyncio.create_subprocess_exec(...)",
    "input": "there is nobody at a plugin's stdin",
}
_IN_A_THREAD: Final = "make the handler a plain def, which runs in a thread, or use an async client"


def check_risks(source: SourceTree) -> Iterator[Finding]:
    """Yield risky patterns of all files."""
    for file in source.files:
        for node in ast.walk(file.tree):
            yield from _of_node(file, node)
            if isinstance(node, ast.AsyncFunctionDef):
                yield from _blocking(file, node)


def check_document(folder: Path, name: str) -> Iterator[Finding]:
    """Yield secrets in a manifest or another file of text."""
    try:
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return
    for number, line in enumerate(lines, 1):
        for form, what in _SECRET_FORMS:
            if form.search(line):
                yield Finding(name, number, "fault", "secret", f"it holds {what}", _NO_SECRET)


def _of_node(file: SourceFile, node: ast.AST) -> Iterator[Finding]:
    match node:
        case ast.Constant(value=str() as text):
            yield from _of_text(file, node, text)
        case ast.Assign(targets=targets, value=ast.Constant(value=str() as text)):
            for target in targets:
                yield from _of_name(file, node, _name_of(target), text)
        case ast.AnnAssign(target=target, value=ast.Constant(value=str() as text)):
            yield from _of_name(file, node, _name_of(target), text)
        case ast.keyword(arg=str() as name, value=ast.Constant(value=str() as text)):
            yield from _of_name(file, node.value, name, text)
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(value, ast.Constant):
                    yield from _of_name(file, value, str(key.value), value.value)
        case ast.JoinedStr(values=parts):
            yield from _of_html(file, node, parts)
        case ast.BinOp(left=ast.Constant(value=str() as text), op=ast.Mod()) if _HTML.search(text):
            yield _finding(file, node, "unescaped-html", "HTML is put together by %", _ESCAPE)
        case ast.Call():
            yield from _of_call(file, node)
        case _:
            pass


def _of_text(file: SourceFile, node: ast.expr, text: str) -> Iterator[Finding]:
    for form, what in _SECRET_FORMS:
        if form.search(text):
            yield _finding(file, node, "secret", f"the code holds {what}", _NO_SECRET, "fault")
    if text.startswith("http://") and len(text) > len("http://") and not _LOCAL.match(text):
        what = f"{text[:80]!r} goes over the net unencrypted"
        yield _finding(file, node, "plain-http", what, "use https://")


def _of_name(file: SourceFile, node: ast.AST, name: str, value: object) -> Iterator[Finding]:
    if not isinstance(value, str) or len(value) < MIN_SECRET_CHARS or not _SECRET_NAME.search(name):
        return
    if _PLACEHOLDER.search(value) or value.lower() == name.lower():
        return
    yield _finding(file, node, "secret", f"{name} is written into the code", _NO_SECRET)


def _of_html(file: SourceFile, node: ast.JoinedStr, parts: list[ast.expr]) -> Iterator[Finding]:
    text = "".join(
        part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "\0"
        for part in parts
    )
    if not _HTML.search(text) or ("</" not in text and "/>" not in text):
        return
    for part in parts:
        if isinstance(part, ast.FormattedValue) and not _is_escaped(part):
            what = f"{_shown(part.value)} is put into HTML as it is"
            yield _finding(file, node, "unescaped-html", what, _ESCAPE)
            return


def _shown(node: ast.expr) -> str:
    try:
        return f"{{{ast.unparse(node)[:60]}}}"
    except RecursionError:  # a sum of thousands of parts
        return "a value"


def _is_escaped(part: ast.FormattedValue) -> bool:
    value = part.value
    if isinstance(value, ast.Call):
        name = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
        return name in (*_ESCAPES, "len", "int", "float", "round")
    return isinstance(value, ast.Constant) or part.format_spec is not None


def _of_call(file: SourceFile, node: ast.Call) -> Iterator[Finding]:
    name = file.dotted(node.func)
    if name in _DANGEROUS:
        yield _finding(file, node, "dangerous-call", f"{name} {_DANGEROUS[name]}", _SAFER)
    elif name == "yaml.load" and not any(one.arg == "Loader" for one in node.keywords) and len(node.args) < 2:
        yield _finding(file, node, "dangerous-call", "yaml.load may run code", "use yaml.safe_load")
    for one in node.keywords:
        if one.arg == "shell" and isinstance(one.value, ast.Constant) and one.value.value is True:
            what = f"{name or 'a call'} hands its text to a shell"
            yield _finding(file, node, "dangerous-call", what, "give the words as a list, without shell=True")
    if isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        text = node.func.value
        if isinstance(text, ast.Constant) and isinstance(text.value, str) and "</" in text.value:
            yield _finding(file, node, "unescaped-html", "HTML is put together by format", _ESCAPE)


def _blocking(file: SourceFile, function: ast.AsyncFunctionDef) -> Iterator[Finding]:
    """Yield calls that would hold the event loop up."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue  # it may run elsewhere; an async one is looked at by itself
        waiting += ast.iter_child_nodes(node)
        if not isinstance(node, ast.Call):
            continue
        name = file.dotted(node.func)
        remedy = _BLOCKING.get(name) or (_IN_A_THREAD if name.startswith("requests.") else None)
        if remedy is not None:
            what = f"{name} holds the event loop up in async def {function.name}"
            yield _finding(file, node, "blocking-call", what, remedy)


_NO_SECRET: Final = 'take it from the configuration: "x-secret": true in its schema keeps it masked'
_ESCAPE: Final = "escape what others wrote: html.escape(...)"
_SAFER: Final = "do without, or say `# plughost: ok dangerous-call` where the text is your own"


def _name_of(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    return target.attr if isinstance(target, ast.Attribute) else ""


def _finding(
    file: SourceFile, node: ast.AST, rule: str, what: str, remedy: str, level: Level = "warning"
) -> Finding:
    return Finding(file.name, int(getattr(node, "lineno", 0)), level, rule, what, remedy)
