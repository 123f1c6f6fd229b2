"""Mail templates: the operator's own files, filled with what a plugin gives.

The templates are trusted, the data is not: it is escaped in HTML, reaches no attribute that Python has beyond
what JSON holds, and a name that a template needs and the data lack is an error that names it. Called in a
worker thread, because templates are read from the disk.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import FileSystemLoader, StrictUndefined, TemplateError, TemplateNotFound, UndefinedError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from host.base_error import did_you_mean
from host.errors import InvalidParams, NotConfigured

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\Z")
_KINDS: Final = ("html", "txt")


@dataclass(frozen=True, slots=True)
class Bodies:
    """The parts of a message; at least one is there."""

    html: str | None
    text: str | None


class MailTemplates:
    """One folder of templates."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = ImmutableSandboxedEnvironment(
            loader=FileSystemLoader(folder),
            autoescape=_is_html,
            undefined=StrictUndefined,
        )

    def names(self) -> list[str]:
        """Return the names of all templates."""
        return sorted({file.stem for kind in _KINDS for file in self._folder.glob(f"*.{kind}")})

    def render(self, name: str, data: Mapping[str, Any]) -> Bodies:
        """Fill a template.

        Raises:
            InvalidParams: There is none of this name, or the data lack what it needs.
            NotConfigured: The template itself is broken.
        """
        bodies = [self._render(f"{name}.{kind}", data) for kind in _KINDS] if _NAME.match(name) else [None]
        if not any(body is not None for body in bodies):
            known = self.names()
            near = [one for one in known if one[:3] == name[:3]] or known
            raise InvalidParams(f"template: there is no template {name[:100]!r}{did_you_mean(near[:3])}")
        html, text = bodies
        return Bodies(html, text)

    def _render(self, file: str, data: Mapping[str, Any]) -> str | None:
        try:
            return self._environment.get_template(file).render(data)
        except TemplateNotFound as exc:
            if exc.name == file:
                return None
            raise NotConfigured(f"the mail template {file} uses {exc.name}, which is not there") from None
        except UndefinedError as exc:
            raise InvalidParams(f"data: the template {file} needs more than was given: {exc}") from None
        except (TemplateError, ArithmeticError, TypeError, ValueError, RecursionError) as exc:
            raise NotConfigured(f"the mail template {file} can't be filled: {exc}") from None


def _is_html(name: str | None) -> bool:
    return name is not None and name.endswith(".html")
