"""The host's own settings, from `plughost.toml`, the environment and the command line."""

from host.settings.mail import MailSettings
from host.settings.reader import load_settings
from host.settings.shown import effective
from host.settings.values import LogSettings, Settings

__all__ = ["LogSettings", "MailSettings", "Settings", "effective", "load_settings"]
