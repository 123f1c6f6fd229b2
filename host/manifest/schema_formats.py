"""Formats of texts that schemas may ask for, each with what checks it. For `schema_validator`."""

import datetime
import ipaddress
import re
import uuid
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from jsonschema import FormatChecker

from host.manifest.patterns import text_limit

_Check = Callable[[str], object]

_HOST: Final = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9][A-Za-z0-9-]{0,62})*\Z"
)
_EMAIL: Final = re.compile(r"[^\s@]{1,64}@[^\s@]{1,255}\Z")
_DURATION: Final = re.compile(
    r"P(?=.)(?:\d{1,9}W|(?:\d{1,9}Y)?(?:\d{1,9}M)?(?:\d{1,9}D)?(?:T(?=.)(?:\d{1,9}H)?(?:\d{1,9}M)?(?:\d{1,9}S)?)?)\Z"
)
_POINTER: Final = re.compile(r"(?:/(?:[^~/]|~[01])*)*\Z")


def _date_time(text: str) -> object:
    found = datetime.datetime.fromisoformat(text)
    if found.tzinfo is None or "T" not in text.upper():
        raise ValueError(text)
    return found


def _uri(text: str) -> object:
    parts = urlsplit(text)
    if not parts.scheme or any(char.isspace() or not char.isprintable() for char in text):
        raise ValueError(text)
    return parts.port


def _fits(expression: re.Pattern[str]) -> _Check:
    def check(text: str) -> object:
        if expression.match(text) is None:
            raise ValueError(text)
        return True

    return check


_CHECKS: Final[dict[str, _Check]] = {
    "date": datetime.date.fromisoformat,
    "time": datetime.time.fromisoformat,
    "date-time": _date_time,
    "duration": _fits(_DURATION),
    "email": _fits(_EMAIL),
    "hostname": _fits(_HOST),
    "ipv4": ipaddress.IPv4Address,
    "ipv6": ipaddress.IPv6Address,
    "uri": _uri,
    "uuid": uuid.UUID,
    "regex": text_limit,
    "json-pointer": _fits(_POINTER),
}


def _format_checker() -> FormatChecker:
    checker = FormatChecker(())
    for name, check in _CHECKS.items():

        def holds(instance: object, check: _Check = check) -> bool:
            if isinstance(instance, str):
                check(instance)
            return True

        checker.checks(name, raises=ValueError)(holds)
    return checker


FORMAT_CHECKS: Final = _format_checker()
"""All of them."""
