"""LogFeed: how a log view follows a host's lines, over connections and over runs of the host."""

from host.facade.tails import TailQuery
from host.tui.link import Feed
from host.tui.log_view import LogView
from host.tui.model import Model


def follow_lines(view: LogView, feed: Feed, query: TailQuery, model: Model) -> None:
    """Have a view follow lines.

    What it holds of the run before stays above those of the next; of a recording that was gone back in,
    everything goes, because it has not happened yet.
    """
    held = view.held

    def began(run: str) -> None:
        if model.goes_back and run != held.run:
            held.clear()
        held.began(run, model.now_s if model.host is None else model.host.started_at_s)

    feed.tail(query, held.take, began)
