"""Heats until it is warm enough; configured by its environment, by settings and while it runs."""

import os
from typing import Any

from plugin_sdk import Plugin, PluginError, endpoint


class Thermostat(Plugin):
    async def on_load(self) -> None:
        self.unit = os.environ["SENSOR_UNIT"]
        self.celsius: float | None = None
        # Structured; and should a secret ever get into a line, the host shows it as •••.
        self.log.info("ready", unit=self.unit, target=self.config["target"], key=self.config.get("api_key"))

    async def on_health(self) -> str:
        if self.celsius is None:
            raise PluginError("the sensor has not said anything yet")
        return "healthy"

    async def on_command(self, command: str, params: dict[str, Any]) -> dict[str, Any]:
        if command != "measured":
            raise PluginError(f"there is no command {command}")
        self.celsius = float(params["celsius"])
        # What it keeps over restarts and updates, like a volume.
        with (self.paths.data / "readings.txt").open("a") as file:
            file.write(f"{self.celsius}\n")
        return {"heats": self.heats()}

    async def on_configure(self, config: dict[str, Any]) -> None:
        if self.celsius is not None and config["target"] > self.celsius + 15:
            raise PluginError(f"target: {config['target']} is more than 15 above what it is now")

    async def on_status(self) -> dict[str, Any]:
        data = {"celsius": self.celsius, "target": self.config["target"]}
        return {"status": "heating" if self.heats() else "idle", "data": data}

    @endpoint("GET", "/readings")
    def readings(self) -> list[float]:
        file = self.paths.data / "readings.txt"
        return [float(line) for line in file.read_text().split()] if file.exists() else []

    def heats(self) -> bool:
        return self.celsius is not None and self.celsius < self.config["target"]
