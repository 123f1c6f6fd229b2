"""Duty: which share of the time a throttled plugin may run.

Owns the control law only. Stopping and continuing the processes is the session's, and so is stretching pings
and deadlines by the ratio.
"""

DUTY_PERIOD_S = 0.1
"""One stop and one continue of the whole tree per period."""

MIN_DUTY = 0.02
"""Floor: a plugin that never runs can't answer, and so could not even be told to stop."""

MAX_LOOSENING = 1.5
"""Factor by which a step may raise the duty: demand that pauses for one sample does not free the plugin."""

AIM = 0.95
"""Share of the limit that is aimed at, so that the rate settles under the limit and not around it."""


def next_duty(duty: float, measured_cores: float, limit_cores: float) -> float:
    """Return the duty for the time until the next sample, from `MIN_DUTY` to 1.

    A tree that uses `measured_cores` at `duty` wants their quotient at full duty. Tightens in one step and
    loosens in several.
    """
    loosest = min(1.0, duty * MAX_LOOSENING)
    if measured_cores <= 0.0:
        return max(MIN_DUTY, loosest)
    fitting = duty * AIM * limit_cores / measured_cores
    return max(MIN_DUTY, min(fitting, loosest))
