"""Where calls go: into plugins (calls), and out of them (gateway)."""

from host.routing.calls import Calls
from host.routing.gateway import ApiGateway

__all__ = ["ApiGateway", "Calls"]
