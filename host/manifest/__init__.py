"""Reading plugin folders: any document form becomes one `protocol.manifest.Manifest`, or a list of faults."""

from host.manifest.digest import package_digest
from host.manifest.discovery import Discovery, discover
from host.manifest.package import Package, read_package
from host.manifest.requirements import unmet_requirements

__all__ = ["Discovery", "Package", "discover", "package_digest", "read_package", "unmet_requirements"]
