"""Every duration of a plugin's life, in one place. Source: behaviour in numbers, *Life*.

An embedder may change any of them; tests shorten the one that they test.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds, unless the name says otherwise."""

    handshake_s: float = 15.0
    """Answer to `plugin.initialize`, counted from the spawn."""
    load_s: float = 45.0
    """Answer to `plugin.load`; progress starts it again."""
    start_total_s: float = 600.0
    """Bound of a start that keeps reporting progress."""
    call_s: float = 5.0
    """Deadline of a call that names none."""
    events_s: float = 60.0
    """Deadline of a batch of durable events; past it the first one that was not handled is tried again."""
    stream_idle_s: float = 30.0
    """Longest time between two items of a stream."""
    stream_total_s: float = 600.0
    """Longest time that a stream is open."""
    ping_every_s: float = 10.0
    ping_timeout_s: float = 3.0
    ping_misses: int = 3
    """Misses in a row that make a plugin unresponsive."""
    host_lag_s: float = 1.0
    """Lag of the host's own loop at which a miss does not count."""
    stack_dump_s: float = 0.3
    """Time that an unresponsive plugin gets to write its stacks."""
    health_s: float = 5.0
    """Health check of a run that is about to take over from another one."""
    drain_s: float = 5.0
    """Calls under way may end before the plugin unloads."""
    replaced_drain_s: float = 30.0
    """The same for a run from which another one took over: nobody waits for its end."""
    unload_s: float = 5.0
    close_stdin_s: float = 2.0
    """Time to leave by itself once its stdin is closed."""
    terminate_s: float = 3.0
    """Time to leave after SIGTERM."""
    sweep_s: float = 3.0
    """Bound on waiting for the end of a session's descendants, which are hunted for 2 s."""
    closed_wire_s: float = 1.0
    """Time between the end of a plugin's stdout and the end of its process."""
    event_retries_s: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)
    """Delays before a durable event that failed is tried again; behind the last one it is a dead letter."""
    watch_every_s: float = 1.0
    """The watchdog's sweep."""
    watch_near_s: float = 0.25
    """The watchdog's sweep while any figure is over 80 % of its limit."""
