"""Kinds of plugins: which methods the application calls by each, on either side of the wire."""

from typing import Final

CALLED: Final[dict[str, dict[str, bool]]] = {
    "ai_provider": {"generate_response": False, "stream_response": True},
    "security": {"scan_message": False, "scan_file": False},
    "automation": {"execute_workflow": False},
}
"""Methods that a plugin of a type has to have, and whether each is a stream."""

SCANS: Final = {"scan_message": "security.scan_message", "scan_file": "security.scan_file"}
"""Methods of security plugins, and the hooks in which they take part."""
