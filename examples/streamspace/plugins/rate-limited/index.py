import asyncio
import json
from typing import Any
from urllib.request import Request, urlopen

from plugin_sdk import RateLimiter, method
from plugin_sdk.kinds import ApiIntegration


def post(url: str, body: Any) -> Any:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as response:
        return json.load(response)


class RateLimited(ApiIntegration):
    async def on_load(self) -> None:
        # 10 requests per minute, if nothing else is configured
        self.rate_limiter = RateLimiter(self.config["maxRequests"], self.config["timeWindow"])

    @method
    async def call_external_api(self, data: dict[str, Any]) -> Any:
        await self.rate_limiter.throttle()
        return await asyncio.to_thread(post, self.config["apiUrl"], data)
