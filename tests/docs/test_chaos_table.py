from pathlib import Path

from host.devtools.chaos.catalogue import table

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_about_tests_has_the_faults_as_they_are():
    assert table() in (DOCS / "testing.md").read_text()
