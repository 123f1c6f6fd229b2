"""manifest.json: the form of web and container plugin systems; plugin.json's keys and a few more.

`image` and `api_port` belong to a container: they are kept, and the plugin runs as a process all the same.
"""

from typing import Any, Final

from pydantic import Field

from host.manifest.asked_limits import AskedLimits, Cores, MemorySize
from host.manifest.durations import Duration
from host.manifest.plugin_json_form import PluginJsonForm
from protocol.manifest import Limits
from protocol.permissions import Permission, parse_permission

OF_CONTAINERS: Final = frozenset({"image", "api_port"})


class ManifestJsonForm(PluginJsonForm, frozen=True):
    """The keys of manifest.json."""

    config_schema_camel: dict[str, Any] | None = Field(None, alias="configSchema")
    settings: dict[str, Any] | None = None
    cpu_limit: Cores | None = None
    memory_limit: MemorySize | None = None
    memory_limit_camel: MemorySize | None = Field(None, alias="memoryLimit")
    timeout: Duration | None = None
    network_access: bool = False
    device_access: bool = False

    def schema_of_configuration(self) -> tuple[str, dict[str, Any] | None]:
        """Return the configuration's schema in any spelling of its key, and the key."""
        for key, schema in (("configSchema", self.config_schema_camel), ("settings", self.settings)):
            if self.config_schema is None and schema is not None:
                return key, schema
        return "config_schema", self.config_schema

    def unused(self) -> dict[str, Any]:
        """Return what only a container platform would use."""
        return {key: value for key, value in (self.model_extra or {}).items() if key in OF_CONTAINERS}

    def permissions_asked(self) -> list[Permission]:
        """Return the listed permissions and those that the two switches stand for."""
        asked = super().permissions_asked()
        switches = {"network_access": self.network_access, "device_access": self.device_access}
        asked.extend(parse_permission(word) for word, on in switches.items() if on)
        return list(dict.fromkeys(asked))

    def limits_over(self, defaults: Limits) -> Limits:
        """Return the defaults with what was asked for in their place; the `limits` table goes first."""
        flat = AskedLimits.model_construct(
            cpu=self.cpu_limit,
            memory=self.memory_limit if self.memory_limit is not None else self.memory_limit_camel,
            timeout=self.timeout,
        )
        return self.limits.over(flat.over(defaults))
