import time
from pathlib import Path
from typing import Any

from plugin_sdk.kinds import SecurityPlugin

SIGNATURES = {b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE": "EICAR"}
PHISHING = ("confirm your password", "wire the money")


class AntivirusPlugin(SecurityPlugin):
    # Not `async`: it computes, so it runs in a thread.
    def scan_file(self, file_path: str) -> dict[str, Any]:
        """Look for signatures in a copy of the file."""
        started = time.monotonic()
        content = Path(file_path).read_bytes()
        threats = [name for signature, name in SIGNATURES.items() if signature in content]
        return {"safe": not threats, "threats": threats, "scan_time": time.monotonic() - started}

    async def scan_message(self, message: str) -> dict[str, Any]:
        """Look for phrases of phishing."""
        found = [phrase for phrase in PHISHING if phrase in message.lower()]
        return {"safe": not found, "confidence": 0.95, "reason": ", ".join(found)}
