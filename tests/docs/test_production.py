"""What docs/production.md shows is what the tools that read it take."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[2] / "docs" / "production.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_takes_the_unit(tmp_path: Path):
    unit = tmp_path / "plughost.service"
    # What is not there can't be verified: the program, its user, and before systemd 253 the type.
    text = block("ini").replace("/opt/plughost/bin/plughost", shutil.which("true") or "/bin/true")
    text = text.replace("User=plughost\n", "").replace("Type=notify-reload", "Type=notify")
    unit.write_text(text)
    done = subprocess.run(
        ["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False, timeout=60
    )
    said = [line for line in done.stderr.splitlines() if "plughost.service" in line]
    assert (done.returncode, said) == (0, [])


def test_the_unit_lets_the_host_write_where_the_page_has_it_write():
    unit = dict(line.split("=", 1) for line in block("ini").splitlines() if "=" in line)
    data = re.search(r"--data /var/lib/(\S+)", unit["ExecStart"])
    logs = re.search(r'path = "/var/log/([^/]+)/', block("toml"))
    assert data is not None
    assert logs is not None
    assert (data[1], logs[1]) == (unit["StateDirectory"], unit["LogsDirectory"])
    assert unit["ProtectSystem"] == "strict"
