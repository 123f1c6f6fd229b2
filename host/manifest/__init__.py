"""Reading plugin folders: any document form becomes one `protocol.manifest.Manifest`, or a list of faults."""

from host.manifest.blob import check_blob, pack_blob, unpack_blob
from host.manifest.digest import package_digest
from host.manifest.discovery import Discovery, discover
from host.manifest.package import Package, read_package
from host.manifest.permission_slips import resources_of, slip_of
from host.manifest.requirements import install_lines, unmet_requirements

__all__ = [
    "Discovery",
    "Package",
    "check_blob",
    "discover",
    "install_lines",
    "pack_blob",
    "package_digest",
    "read_package",
    "resources_of",
    "slip_of",
    "unmet_requirements",
    "unpack_blob",
]
