"""manifest.json: the form of web and container plugin systems; plugin.json's keys and a few more.

`image` and `api_port` belong to a container and are passed over: the plugin runs as a process.
"""

from typing import Any

from pydantic import Field

from host.manifest.asked_limits import AskedLimits, Cores, MemorySize
from host.manifest.plugin_json_form import PluginJsonForm
from protocol.manifest import Limits
from protocol.permissions import Permission, parse_permission


class ManifestJsonForm(PluginJsonForm, frozen=True):
    """The keys of manifest.json."""

    config_schema_camel: dict[str, Any] | None = Field(None, alias="configSchema")
    cpu_limit: Cores | None = None
    memory_limit: MemorySize | None = None
    network_access: bool = False
    device_access: bool = False

    def schema_of_configuration(self) -> dict[str, Any] | None:
        """Return the configuration's schema in either spelling of its key."""
        return self.config_schema if self.config_schema is not None else self.config_schema_camel

    def permissions_asked(self) -> list[Permission]:
        """Return the listed permissions and those that the two switches stand for."""
        asked = super().permissions_asked()
        switches = {"network_access": self.network_access, "device_access": self.device_access}
        asked.extend(parse_permission(word) for word, on in switches.items() if on)
        return list(dict.fromkeys(asked))

    def limits_over(self, defaults: Limits) -> Limits:
        """Return the defaults with what was asked for in their place; the `limits` table goes first."""
        flat = AskedLimits.model_construct(cpu=self.cpu_limit, memory=self.memory_limit)
        return self.limits.over(flat.over(defaults))
