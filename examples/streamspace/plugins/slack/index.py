import asyncio
import json
from typing import Any
from urllib.request import Request, urlopen

from plugin_sdk import RateLimiter
from plugin_sdk.kinds import ApiIntegration

HOUR_S = 3600


def post(url: str, body: dict[str, Any]) -> None:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as response:
        response.read()


class Slack(ApiIntegration):
    async def on_load(self) -> None:
        self.limiter = RateLimiter(int(self.config["rateLimit"]), HOUR_S)
        await self.commands.register(
            "notify-slack", self.notify_slack, description="Send notification to Slack"
        )

    async def notify_slack(self, args: dict[str, str]) -> bool:
        return await self.send_slack_message(args["message"])

    async def send_slack_message(self, message: str) -> bool:
        if not self.limiter.try_now():
            self.log.warning("a message was left out: too many in this hour", text=message)
            return False
        body = {
            "text": message,
            "channel": self.config["channel"],
            "username": "StreamSpace",
            "icon_emoji": ":computer:",
        }
        await asyncio.to_thread(post, self.config["webhookUrl"], body)
        return True

    async def on_session_created(self, session: dict[str, Any]) -> None:
        if self.config["notifyOn"] in ("all", "sessions"):
            details = f" ({session['id']})" if self.config["includeDetails"] else ""
            await self.send_slack_message(
                f"New {session['template']} session created for {session['user']}{details}"
            )

    async def on_session_hibernated(self, session: dict[str, Any]) -> None:
        if self.config["notifyOn"] in ("all", "sessions"):
            await self.send_slack_message(f"Session {session['id']} hibernated after inactivity")
