"""The faults of `plughost chaos`, in the order in which they are put: the gentle ones first."""

from typing import Final

from host.devtools.chaos.fault import Fault
from host.devtools.chaos.process_faults import PROCESS_FAULTS
from host.devtools.chaos.service_faults import SERVICE_FAULTS
from host.devtools.chaos.value_faults import VALUE_FAULTS
from host.devtools.chaos.wire_faults import WIRE_FAULTS

FAULTS: Final[tuple[Fault, ...]] = (*WIRE_FAULTS, *VALUE_FAULTS, *SERVICE_FAULTS, *PROCESS_FAULTS)


def table() -> str:
    """Return the faults as a table in Markdown, as docs/testing.md holds it."""
    rows = [f"| `{one.name}` | {one.does} | {one.expects} |" for one in FAULTS]
    return "\n".join(["| fault | what is done | what is expected |", "|---|---|---|", *rows]) + "\n"
