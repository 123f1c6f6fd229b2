"""`self.name` and `self.version`, where the author did not set them: what the manifest says."""

from plugin_sdk.runtime.link import Link


def name_of(link: Link) -> str:
    """Return the display name."""
    return link.plugin_name or link.plugin_id


def version_of(link: Link) -> str:
    """Return the version."""
    return link.plugin_version
