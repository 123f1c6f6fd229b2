"""`plughost metrics`: a text that Prometheus reads, held against the format's own rules."""

import re

from tests.cli.conftest import EXAMPLES, Shell

NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)?\}})? (\S+)")


def families(text: str) -> dict[str, tuple[str, list[tuple[str, float]]]]:
    """Return type and samples by the family's name; fail where the format says that it is none."""
    assert text.endswith("\n")
    found: dict[str, tuple[str, list[tuple[str, float]]]] = {}
    helped, family = "", ""
    for line in text.splitlines():
        if said := re.fullmatch(rf"# HELP ({NAME}) (\S.*)", line):
            helped = said[1]
            assert helped not in found, "a family stands in one piece"
        elif said := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge|histogram|summary)", line):
            family = said[1]
            assert family == helped
            found[family] = (said[2], [])
        else:
            said = SAMPLE.fullmatch(line)
            assert said is not None, line
            assert said[1] == family, "samples follow their own family's head"
            found[family][1].append((said[2] or "", float(said[3])))
    return found


def test_every_line_is_of_prometheus_text_format(shell: Shell):
    with shell.start("run", EXAMPLES / "hello", EXAMPLES / "crasher", "--data", "data") as running:
        running.until("^all loaded$")
        assert shell.run("call", "hello", "greet", '{"name": "Ada"}', "--data", "data").code == 0
        assert shell.run("call", "crasher", "crash", "--data", "data").code == 1
        shown = shell.run("metrics", "--data", "data")
    found = families(shown.out)
    for name, (kind, samples) in found.items():
        labels = [one for one, _ in samples]
        assert len(labels) == len({*labels}), f"{name} has two samples with the same labels"
        assert name.startswith("plughost_")
        assert (kind == "counter") is name.endswith("_total"), name
        assert kind == "gauge" or all(value >= 0 for _, value in samples)
    assert dict(found["plughost_host_calls_total"][1])[""] >= 1
    assert 'plugin="hello"' in dict(found["plughost_plugin_up"][1])
