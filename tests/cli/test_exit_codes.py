import pytest

from host.cli.exit_codes import ExitCode, exit_code
from host.errors import PlughostError
from tests.every_error import CLASSES, an_error

EXPECTED = {
    "plughost_error": 1,
    "plugin_error": 1,
    "plugin_incident": 1,
    "plugin_died": 1,
    "invalid_result": 1,
    "overloaded": 1,
    "load_failed": 1,
    "load_refused": 1,
    "missing_dependency": 1,
    "handover_failed": 1,
    "quota_exceeded": 1,
    "conflict": 1,
    "disk_full": 1,
    "database_fault": 1,
    "configuration_refused": 1,
    "call_cycle": 1,
    "call_depth": 1,
    "not_configured": 1,
    "not_forgotten": 1,
    "delivery_failed": 1,
    "invalid_params": 2,
    "wrong_shape": 2,
    "duplicate_api": 2,
    "duplicate_contribution": 2,
    "hook_cycle": 8,
    "too_few_descriptors": 1,
    "unsupported_platform": 2,
    "invalid_manifest": 3,
    "invalid_settings": 3,
    "invalid_configuration": 3,
    "plugin_not_found": 4,
    "method_not_found": 4,
    "contribution_not_found": 4,
    "denied": 5,
    "consent_required": 5,
    "rate_limited": 1,
    "no_host": 6,
    "no_answer": 6,
    "host_closed": 6,
    "already_running": 6,
    "not_active": 7,
    "disabled": 7,
    "quarantined": 7,
    "busy": 7,
    "has_dependants": 7,
    "frame_too_large": 8,
    "protocol_fault": 8,
    "stream_overrun": 8,
    "deadline_exceeded": 124,
    "cancelled": 130,
}
FAMILIES = {"StateError": 7, "CallError": 1, "ServiceError": 1}


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_has_its_exit_code(cls: type[PlughostError]):
    expected = FAMILIES.get(cls.__name__, EXPECTED[cls.code])
    assert exit_code(an_error(cls)) == expected


def test_no_error_is_a_success():
    assert ExitCode.OK not in {exit_code(an_error(cls)) for cls in CLASSES}
