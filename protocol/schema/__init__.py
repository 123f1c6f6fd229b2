"""The wire contract in machine-readable form, generated from `protocol.methods`."""

from protocol.schema.generator import generated

__all__ = ["generated"]
