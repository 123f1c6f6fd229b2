import json
from collections.abc import Mapping
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from plugin_sdk import PluginError
from plugin_sdk.kinds import ApiIntegration

ON_THIS_MACHINE = "http://127.0.0.1:"


class Configured(ApiIntegration):
    async def on_load(self) -> None:
        self.check(self.config)
        self.log.debug("Plugin loaded", config=dict(self.config))  # secrets are masked

    async def on_configure(self, config: dict[str, Any]) -> None:
        self.check(config)  # what is refused here is never saved

    def check(self, config: Mapping[str, Any]) -> None:
        # That there is an API key says the schema: without one, none of this is started.
        if not config["webhookUrl"].startswith(("https://", ON_THIS_MACHINE)):
            raise PluginError("Webhook URL must use HTTPS for security")

    def on_session_created(self, session: dict[str, Any]) -> None:
        if not self.config["enabled"]:
            return
        for attempt in range(int(self.config["maxRetries"]) + 1):
            try:
                self.call_api(self.config["apiKey"], session)
            except URLError as error:
                self.log.warning("the service can't be reached", attempt=attempt, error=str(error))
            else:
                return

    def call_api(self, api_key: str, session: dict[str, Any]) -> None:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {api_key}"}
        request = Request(self.config["webhookUrl"], json.dumps(session).encode(), headers)
        with urlopen(request, timeout=10) as response:
            response.read()
