"""Backend: the dashboard's API, path by path. A web server hands its requests to `answer`."""

from dataclasses import asdict
from typing import Any

from examples.oko.dashboard import Dashboard, state_of
from host import PlughostError, PluginNotFound, PluginView, Response

PREFIX = "/api/v1"


class Backend:
    """Answers `GET /api/v1/plugins`, `POST /api/v1/plugins/{id}/load` and so on."""

    def __init__(self, dashboard: Dashboard) -> None:
        self._dashboard = dashboard
        self._host = host = dashboard.host
        self._operations = {
            "load": (host.load, "loaded"),
            "unload": (host.unload, "unloaded"),
            "enable": (host.enable, "enabled"),
            "disable": (host.disable, "disabled"),
        }

    async def answer(self, method: str, path: str) -> Response:
        """Answer a request; what goes wrong is an answer, too."""
        try:
            match method, path.removeprefix(PREFIX).strip("/").split("/"):
                case "GET", ["plugins"]:
                    plugins = [_summary(view) for view in self._host.plugins()]
                    return _json(200, {"plugins": plugins, "total": len(plugins)})
                case "GET", ["plugins", plugin]:
                    return _json(200, await self._details(plugin))
                case "POST", ["plugins", plugin, operation] if operation in self._operations:
                    return await self._operate(plugin, operation)
                case "GET", ["store"]:  # a later version has one; the rest goes on without
                    return _json(200, {"available": False, "plugins": [], "total": 0})
                case "GET", ["store", "health"]:
                    return _json(503, {"available": False})
                case _:
                    return _json(404, {"status": "error", "message": f"nobody answers {method} {path}"})
        except PluginNotFound as error:
            return _json(404, {"status": "error", "message": error.message})

    async def _details(self, plugin: str) -> dict[str, Any]:
        view = self._view(plugin)
        if view.faults:
            return {**_summary(view), "reason": view.reason, "faults": view.faults}
        manifest = self._dashboard.manifest(plugin)
        return {
            **_summary(view),
            "description": manifest.description,
            "author": manifest.author,
            "capabilities": manifest.capabilities,
            "permissions": view.permissions,
            "reason": view.reason,
            "sections": [asdict(section) for section in await self._dashboard.sections(plugin)],
        }

    async def _operate(self, plugin: str, operation: str) -> Response:
        act, done = self._operations[operation]
        try:
            await act(plugin)
        except PluginNotFound:
            raise
        except PlughostError as error:
            status, outcome, message = 409, "error", error.message
        else:
            status, outcome, message = 200, done, f"Plugin {plugin} {done} successfully"
        self._dashboard.history.add_operation(operation, plugin, outcome)
        summary = _summary(self._view(plugin))
        return _json(status, {"status": outcome, "plugin": summary, "message": message})

    def _view(self, plugin: str) -> PluginView:
        for view in self._host.plugins():  # those whose manifest can't be used, too
            if view.id == plugin:
                return view
        return self._host.plugin(plugin)  # raises, and names near ones


def _summary(view: PluginView) -> dict[str, Any]:
    return {
        "id": view.id,
        "name": view.name,
        "version": view.version,
        "state": state_of(view),
        "scope": "external",
    }


def _json(status: int, data: dict[str, Any]) -> Response:
    return Response(status, {"content-type": "application/json"}, data, "json")
