"""The tabs of a plugin's screen, in order. One that is added here is there, with its key and its filter.

Tabs that only one plugin has, such as the widgets that it contributes, are `contributed_tabs`.
"""

from typing import Final

from host.tui.tabs.config import ConfigTab
from host.tui.tabs.events import EventsTab
from host.tui.tabs.logs import LogsTab
from host.tui.tabs.manifest import ManifestTab
from host.tui.tabs.permissions import PermissionsTab
from host.tui.tabs.storage import StorageTab
from host.tui.tabs.summary import SummaryTab
from host.tui.tabs.tab import TabKind
from host.tui.tabs.trace import TraceTab

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
