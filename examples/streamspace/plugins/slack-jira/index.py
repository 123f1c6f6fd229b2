import base64
import json
from typing import Any
from urllib.request import Request, urlopen

from plugin_sdk.kinds import Webhook


def post(url: str, body: dict[str, Any], **headers: str) -> bytes:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    with urlopen(request, timeout=10) as response:
        return response.read()


class SlackJira(Webhook):
    # A `def` runs in a thread of its own, so it may wait for the network.
    def on_session_created(self, session: dict[str, Any]) -> None:
        if self.config["slackEnabled"]:
            self.post_to_slack(session)
        if self.config["jiraEnabled"] and session["template"] == "support-workspace":
            self.create_jira_ticket(
                f"Support session for {session['user']}",
                f"Session ID: {session['id']}\nTemplate: {session['template']}",
            )

    def post_to_slack(self, session: dict[str, Any]) -> None:
        lines = f"*User:* {session['user']}\n*Template:* {session['template']}\n*Status:* {session['state']}"
        section = {"type": "section", "text": {"type": "mrkdwn", "text": lines}}
        post(self.config["slackWebhookUrl"], {"text": "🚀 New session created", "blocks": [section]})

    def create_jira_ticket(self, summary: str, description: str) -> dict[str, Any]:
        login = f"{self.config['jiraUsername']}:{self.config['jiraApiToken']}"
        fields = {
            "project": {"key": self.config["jiraProjectKey"]},
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
