"""StreamSpace: the service, put together: its state, its host of plugins, and what it does with requests.

A web framework would call `handle` with what came in, and send the answer.
"""

from collections.abc import Iterable, Mapping, Set
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from examples.streamspace import topics
from examples.streamspace.database import Database
from examples.streamspace.inbox import Inbox
from examples.streamspace.policy import trusting
from examples.streamspace.sessions import Sessions
from examples.streamspace.templates import Templates
from examples.streamspace.users import Users
from host import MailSettings, PluginHost, Request, Response

HERE: Final = Path(__file__).parent
PLUGINS: Final = HERE / "plugins"
MAIL_TEMPLATES: Final = HERE / "mail"
TRUSTED: Final = frozenset({"my-plugin", "github", "api-tour"})
"""Plugins that may change sessions, users and templates without being asked about."""


class StreamSpace:
    """The service. Use it as `async with StreamSpace(folder) as service:`."""

    def __init__(
        self,
        data: Path,
        *,
        plugins: Iterable[Path] = (PLUGINS,),
        config: Mapping[str, Mapping[str, Any]] | None = None,
        mail: MailSettings | None = None,
        trusted: Set[str] = TRUSTED,
    ) -> None:
        """Describe a service that keeps all it has in the folder `data`.

        Args:
            data: Made if it is not there.
            plugins: Folders of plugins, or of folders of plugins.
            config: Configuration by plugin id.
            mail: The mail server; None if plugins can send no mail.
            trusted: Plugins that may write.
        """
        self._data = data
        self.host = PluginHost(
            plugins,
            data=data / "plugins",
            config=config,
            autoload=True,
            policy=trusting(trusted),
            app="streamspace",
            app_version="1.0.0",
            email=mail,
            rate_limits={"sessions": "1000/s", "users": "1000/s", "templates": "1000/s"},
        )
        topics.declare(self.host)
        self._database = Database(data / "streamspace.db")
        self.users = Users(self.host, self._database)
        self.templates = Templates(self.host, self._database)
        self.sessions = Sessions(self.host, self._database, self.users, self.templates)
        self.inbox = Inbox(self.host, self._database, self.users)

    async def __aenter__(self) -> Self:
        self._data.mkdir(parents=True, exist_ok=True)
        self._database.open()
        try:
            await self.host.__aenter__()
        except BaseException:
            self._database.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.host.aclose()
        self._database.close()

    async def handle(self, request: Request, token: str = "") -> Response:
        """Answer a request of whoever the bearer token belongs to."""
        return await self.host.dispatch(request, await self.users.principal(token))


def build_host() -> PluginHost:
    """Return a host that is never started, for `plughost stubs examples.streamspace.service:build_host`."""
    return StreamSpace(Path("streamspace-data")).host
