"""The host's own half of the wire: what floods cost, what faults mean, how errors cross."""

from host.rpc.error_mapping import from_wire, to_wire
from host.rpc.faults import FaultMeter
from host.rpc.flood import FloodBudget, HeldFrames
from host.rpc.meter import CallMeter

__all__ = ["CallMeter", "FaultMeter", "FloodBudget", "HeldFrames", "from_wire", "to_wire"]
