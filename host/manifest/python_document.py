"""manifest.py to one plain object: its text is parsed and its literals are read. It is never run.

Understood are a dict or a call called `MANIFEST`, `manifest` or `PLUGIN`, a class whose name ends with
`Manifest`, and assignments of the module itself. Whatever is no literal is a fault with its line.
"""

import ast
import warnings
from typing import Any, Final, cast

from host.manifest.faults import FaultList, show

NAMES: Final = ("MANIFEST", "manifest", "PLUGIN", "plugin")
LITERALS: Final = (
    "a literal: a text, a number, True, False, None, or a list or dict of them; the file is read, never run"
)
STATEMENTS: Final = (
    "assignments of literals, or one dict, call or class called MANIFEST; the file is read and never run"
)

_MAX_DEPTH: Final = 40
_KINDS: Final[dict[type[ast.AST], str]] = {
    ast.Call: "a call",
    ast.Name: "a name",
    ast.Attribute: "an attribute",
    ast.JoinedStr: "a text that is put together (f-string)",
    ast.BinOp: "a calculation",
    ast.FunctionDef: "a function",
    ast.AsyncFunctionDef: "a function",
    ast.If: "an if",
    ast.For: "a loop",
    ast.While: "a loop",
    ast.Try: "a try",
    ast.With: "a with",
    ast.Expr: "an expression",
    ast.Lambda: "a lambda",
    ast.Set: "a set",
    ast.ListComp: "a comprehension",
    ast.DictComp: "a comprehension",
    ast.Subscript: "an index",
}


def parse_python(text: str, name: str, faults: FaultList) -> object:
    """Return what the file says, as an object of plain values."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the author's escapes, which are not ours to complain of
            module = ast.parse(text, name)
    except SyntaxError as exc:
        faults.add(f"line {exc.lineno}, column {exc.offset}", exc.msg, "Python", file=name)
        return {}
    except (ValueError, RecursionError, MemoryError):
        faults.add("", "text that can't be parsed", "Python", file=name)
        return {}
    return _Reader(name, faults).module(module)


class _Reader:
    def __init__(self, name: str, faults: FaultList) -> None:
        self._name = name
        self._faults = faults

    def module(self, module: ast.Module) -> dict[str, Any]:
        """Return the manifest: the value that is called so, or the module's own assignments."""
        assigned: dict[str, ast.expr] = {}
        classes: list[ast.ClassDef] = []
        self._statements(module.body, assigned, classes)
        named = [assigned[name] for name in NAMES if name in assigned]
        if len(named) + len(classes) > 1:
            second = [*named, *classes][1]
            self._note(second, "a second manifest", "one of them")
        if named:
            return self._whole(named[0])
        if classes:
            inside: dict[str, ast.expr] = {}
            self._statements(classes[0].body, inside, None)
            assigned = inside
        return {key: self._value(node) for key, node in assigned.items() if not key.startswith("_")}

    def _statements(
        self, body: list[ast.stmt], assigned: dict[str, ast.expr], classes: list[ast.ClassDef] | None
    ) -> None:
        for statement in body:
            match statement:
                case ast.Import() | ast.ImportFrom() | ast.Pass() | ast.Expr(value=ast.Constant()):
                    pass
                case ast.AnnAssign(value=None):
                    pass
                case (
                    ast.Assign(targets=[ast.Name(id=key)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=key), value=ast.expr() as value)
                ):
                    if key in assigned:
                        self._note(statement, f"{show(key)} more than once", "each name once")
                    assigned[key] = value
                case ast.ClassDef(name=called) if classes is not None and called.endswith(
                    ("Manifest", "MANIFEST")
                ):
                    classes.append(statement)
                case _:
                    self._note(statement, _KINDS.get(type(statement), "a statement"), STATEMENTS)

    def _whole(self, node: ast.expr) -> dict[str, Any]:
        match node:
            case ast.Dict():
                return cast("dict[str, Any]", self._value(node))
            case ast.Call(args=[], keywords=keywords):
                return self._keywords(keywords, 0)
            case ast.Call(args=[first, *_]):
                self._note(first, "a value without a name", 'named values, such as name="reports"')
            case _:
                self._note(node, _KINDS.get(type(node), "no dict"), "a dict, or a call with named values")
        return {}

    def _keywords(self, keywords: list[ast.keyword], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for keyword in keywords:
            if keyword.arg is None:
                self._note(keyword, "values from elsewhere (**)", LITERALS)
            else:
                found[keyword.arg] = self._value(keyword.value, depth + 1)
        return found

    def _value(self, node: ast.expr, depth: int = 0) -> Any:
        if depth > _MAX_DEPTH:
            self._note(node, "values nested too deep", f"at most {_MAX_DEPTH} levels")
            return None
        match node:
            case ast.Constant(value=str() | bool() | int() | float() | None):
                return node.value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
                return -number
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return [self._value(item, depth + 1) for item in items]
            case ast.Dict(keys=keys, values=values):
                return self._table(keys, values, depth)
            case ast.Call(func=ast.Name(id="dict"), args=[], keywords=keywords):
                return self._keywords(keywords, depth)
            case _:
                self._note(node, _KINDS.get(type(node), "no literal"), LITERALS)
                return None

    def _table(self, keys: list[ast.expr | None], values: list[ast.expr], depth: int) -> dict[str, Any]:
        table: dict[str, Any] = {}
        for key, value in zip(keys, values, strict=True):
            match key:
                case ast.Constant(value=str() as name):
                    if name in table:
                        self._note(key, f"the key {show(name)} more than once", "each key once")
                    table[name] = self._value(value, depth + 1)
                case None:
                    self._note(value, "values from elsewhere (**)", LITERALS)
                case _:
                    self._note(key, "a key that is no text", "texts as keys")
        return table

    def _note(self, node: ast.AST, found: str, allowed: str) -> None:
        line, column = getattr(node, "lineno", 0), getattr(node, "col_offset", 0) + 1
        self._faults.add(f"line {line}, column {column}", found, allowed, file=self._name)
