"""What holds for every test: how properties are searched for.

`make test` tries the same examples every time, so that it says the same of the same code. `make search` tries
others, and many more of them.
"""

from hypothesis import HealthCheck, settings

# How long an example takes is the machine's; no test asserts it.
settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("search", settings.get_profile("same"), derandomize=False, max_examples=2_000)
settings.load_profile("same")
