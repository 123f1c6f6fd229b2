"""Policy: which plugin may do what here.

Reading, notifying and the like is granted to whoever declares it. Changing sessions, users or templates is
for plugins that the operator trusts by name; any other waits for consent. Nobody gets `admin`.
"""

from collections.abc import Set

from host import Permission, Verdict
from host.permissions.policy import Policy


def trusting(trusted: Set[str]) -> Policy:
    """Return the policy of a service that trusts these plugins."""

    def policy(plugin: str, permission: Permission) -> Verdict:
        if permission.resource == "admin":
            return Verdict.DENY
        if permission.action == "write" and plugin not in trusted:
            return Verdict.ASK
        return Verdict.ALLOW

    return policy
