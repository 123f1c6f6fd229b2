import asyncio
import json
from typing import Any
from urllib.request import Request, urlopen

from plugin_sdk.kinds import Webhook


def post(url: str, body: dict[str, Any]) -> bytes:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urlopen(request, timeout=10) as response:
        return response.read()


class ParallelWork(Webhook):
    async def on_session_created(self, session: dict[str, Any]) -> None:
        # In parallel: if one of them fails, the others are ended and the error is raised here.
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.send_slack_notification(session))
            ticket = tasks.create_task(self.create_jira_ticket(session))
            tasks.create_task(self.log_to_analytics(session))
        # One after the other, where one needs what another gave
        await self.link_ticket_to_session(session["id"], ticket.result()["key"])

    async def send_slack_notification(self, session: dict[str, Any]) -> None:
        await asyncio.to_thread(post, self.config["slackUrl"], {"text": f"{session['user']} has a session"})

    async def create_jira_ticket(self, session: dict[str, Any]) -> dict[str, str]:
        url = f"{self.config['jiraUrl']}/rest/api/2/issue"
        answer = await asyncio.to_thread(post, url, {"fields": {"summary": session["id"]}})
        return json.loads(answer)

    async def log_to_analytics(self, session: dict[str, Any]) -> None:
        await self.storage.incr(f"sessions:{session['user']}")

    async def link_ticket_to_session(self, session_id: str, ticket: str) -> None:
        await self.storage.set(f"ticket:{session_id}", ticket)
