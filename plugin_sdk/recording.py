"""What `register_routes(app)` and `register_gui_components(gui)` receive: they note what is registered, and
the runtime registers it with the host.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])


class Routes:
    """`app`: `@app.route("/path", methods=["GET"])`, `@app.get("/path")` and so on."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, str, Callable[..., Any]]] = []
        """Method, path and handler."""

    def route(self, path: str, methods: Sequence[str] = ("GET",)) -> Callable[[_F], _F]:
        """Answer requests by the decorated function."""

        def register(function: _F) -> _F:
            for method in methods:
                self.add(method, path, function)
            return function

        return register

    def get(self, path: str) -> Callable[[_F], _F]:
        """Answer GET requests."""
        return self.route(path, ("GET",))

    def post(self, path: str) -> Callable[[_F], _F]:
        """Answer POST requests."""
        return self.route(path, ("POST",))

    def put(self, path: str) -> Callable[[_F], _F]:
        """Answer PUT requests."""
        return self.route(path, ("PUT",))

    def patch(self, path: str) -> Callable[[_F], _F]:
        """Answer PATCH requests."""
        return self.route(path, ("PATCH",))

    def delete(self, path: str) -> Callable[[_F], _F]:
        """Answer DELETE requests."""
        return self.route(path, ("DELETE",))

    def add(self, method: str, path: str, handler: Callable[..., Any]) -> None:
        """Answer requests by a function."""
        self.recorded.append((method, path, handler))


class Gui:
    """`gui`: menu items, widgets and settings pages."""

    def __init__(self) -> None:
        self.recorded: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        """Method of `self.ui`, its arguments and options."""

    def add_menu_item(self, label: str, handler: Callable[..., Any] | None = None, **options: Any) -> None:
        """Add a menu item."""
        self._note("add_menu_item", (), {"label": label, **_handled(handler), **options})

    def add_widget(
        self, name: str, title: str = "", handler: Callable[..., Any] | None = None, **options: Any
    ) -> None:
        """Add a widget."""
        self._note("register_widget", (name,), {"title": title or name, **_handled(handler), **options})

    def add_settings_page(self, name: str, title: str = "", **options: Any) -> None:
        """Add a settings page."""
        self._note("register_settings_page", (name,), {"title": title or name, **options})

    def _note(self, method: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
        self.recorded.append((method, args, options))


def _handled(handler: Callable[..., Any] | None) -> Mapping[str, Any]:
    return {} if handler is None else {"handler": handler}
