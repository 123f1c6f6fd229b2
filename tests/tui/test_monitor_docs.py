"""docs/monitor.md names the keys that there are."""

from tui.monitor_docs import PAGE, renewed


def test_the_table_of_keys_is_fresh():
    page = PAGE.read_text()
    assert page == renewed(page), "run: make hero"
