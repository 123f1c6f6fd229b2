"""Given: what a host is built from, with every default decided. See `PluginHost` for what each means."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from host.choices import check_table, check_word, found
from host.clock import Clock
from host.errors import SettingsError
from host.observe.log_folder import LogFiles
from host.operations.parts import HostFacts
from host.permissions.policy import Policy
from host.settings.events import EventSettings
from host.settings.mail import MailSettings
from host.supervision.debugging import Debugging
from host.timing import Timing
from protocol.manifest import Limits


def check_given(
    *,
    plugins: object,
    config: object,
    warden: object,
    consent: object,
    system_config: object,
    storage_quota_bytes: object,
) -> None:
    """Refuse what would be taken for something else. Raises SettingsError."""
    if isinstance(plugins, str | bytes | Path):
        raise SettingsError(
            f"plugins: found {found(plugins)}; allowed: a list of folders", remedy=f"write [{found(plugins)}]"
        )
    check_word("warden", warden, ("auto", "off"), SettingsError)
    check_word("consent", consent, ("widening", "never"), SettingsError)
    check_table("config", config, SettingsError)
    for plugin, values in cast("Mapping[str, object]", config).items():
        check_table(f"config.{plugin}", values, SettingsError)
    check_table("system_config", system_config, SettingsError)
    if isinstance(storage_quota_bytes, bool) or not isinstance(storage_quota_bytes, int):
        raise SettingsError(
            f"storage_quota_bytes: found {found(storage_quota_bytes)}; allowed: bytes, as an int"
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """For one host."""

    places: tuple[Path, ...]
    """Folders of plugins, or of folders of plugins."""
    data: Path | None
    config: Mapping[str, Mapping[str, Any]]
    limits: Limits
    policy: Policy
    app: str
    app_version: str
    use_warden: bool
    polling: bool
    control: bool
    email: MailSettings | None
    events: EventSettings
    storage_quota_bytes: int
    system_config: Mapping[str, Any]
    log_files: LogFiles
    rate_limits: Mapping[str, str]
    consent_to_widening: bool
    timing: Timing
    debugging: Debugging | None
    clock: Clock

    def facts(self) -> HostFacts:
        """Return what front ends are told of the host beside its parts."""
        return HostFacts(
            name=self.app or "plughost",
            app_version=self.app_version,
            limits=self.limits,
            plugin_folders=tuple(map(str, self.places)),
            polling=self.polling,
            uses_warden=self.use_warden,
        )
