"""Plugins that do not bear one fault of `plughost chaos` each, and what is said of them."""

from typing import Final

from tests.cli.weak import Weak
from tests.cli.weak_in_calls import IN_CALLS
from tests.cli.weak_in_services import IN_SERVICES

WEAK: Final[tuple[Weak, ...]] = (*IN_CALLS, *IN_SERVICES)
