import base64
import json
from typing import Any
from urllib.request import Request, urlopen

from plugin_sdk import command
from plugin_sdk.kinds import ApiIntegration


def post(url: str, body: dict[str, Any], **headers: str) -> bytes:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    with urlopen(request, timeout=10) as response:
        return response.read()


class SessionTickets(ApiIntegration):
    # A `def` runs in a thread of its own, so it may wait for the network.
    def on_session_created(self, session: dict[str, Any]) -> None:
        text = f"New session created: {session['template']} for {session['user']}"
        post(self.config["slackWebhookUrl"], {"text": text})

    @command("create-jira-ticket", description="Create a Jira ticket")
    def create_jira_ticket(self, summary: str, description: str) -> dict[str, Any]:
        login = f"{self.config['jiraUsername']}:{self.config['jiraApiToken']}"
        fields = {
            "project": {"key": self.config["projectKey"]},
            "summary": summary,
            "description": description,
            "issuetype": {"name": "Task"},
        }
        answer = post(
            f"{self.config['jiraUrl']}/rest/api/2/issue",
            {"fields": fields},
            Authorization=f"Basic {base64.b64encode(login.encode()).decode()}",
        )
        return json.loads(answer)
