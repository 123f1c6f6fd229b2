"""The tabs of a plugin's screen, in order. One that is added here is there, with its key and its filter.

`SOURCES` gives tabs that only one plugin has, such as the widgets that it contributes: each is asked when a
plugin's screen opens.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from host.facade.facade import Facade
from host.tui.tabs.config import ConfigTab
from host.tui.tabs.events import EventsTab
from host.tui.tabs.logs import LogsTab
from host.tui.tabs.manifest import ManifestTab
from host.tui.tabs.permissions import PermissionsTab
from host.tui.tabs.storage import StorageTab
from host.tui.tabs.summary import SummaryTab
from host.tui.tabs.tab import TabKind
from host.tui.tabs.trace import TraceTab
from host.tui.tabs.widget import widget_tabs

TABS: Final[list[TabKind]] = [
    TabKind("summary", "Summary", SummaryTab),
    TabKind("logs", "Logs", LogsTab),
    TabKind("rpc", "RPC", TraceTab),
    TabKind("events", "Events", EventsTab),
    TabKind("config", "Config", ConfigTab),
    TabKind("storage", "Storage", StorageTab),
    TabKind("permissions", "Permissions", PermissionsTab),
    TabKind("manifest", "Manifest", ManifestTab),
]

TabSource = Callable[[Facade, str], Awaitable[Sequence[TabKind]]]

SOURCES: Final[list[TabSource]] = [widget_tabs]
