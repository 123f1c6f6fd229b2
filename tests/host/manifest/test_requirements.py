import importlib.metadata
import platform

import pytest

from host.manifest import unmet_requirements
from protocol.manifest import Manifest, Requires
from protocol.version import RELEASE


def manifest(requires: Requires = Requires(), packages: dict[str, str] | None = None) -> Manifest:  # noqa: B008
    return Manifest(id="reports", version="1", requires=requires, package_dependencies=packages or {})


def test_a_manifest_that_asks_for_nothing_has_all():
    assert unmet_requirements(manifest()) == []


def test_what_fits_is_not_told():
    requires = Requires(plughost=f">={RELEASE}", python=">=3.11", application={"plexichat": ">=1.0,<2"})
    packages = {"msgspec": ">=0.1", "hypothesis[cli]": ""}
    found = unmet_requirements(
        manifest(requires, packages), application="PlexiChat", application_version="1.2.0rc1"
    )
    assert found == []


def test_each_unmet_range_says_what_is_needed_and_what_is_there():
    requires = Requires(plughost=">=99", python="<3", application={"plexichat": ">=2"})
    assert unmet_requirements(manifest(requires), application="plexichat", application_version="1.2.0") == [
        f"needs Plughost >=99, and this is {RELEASE}",
        f"needs Python <3, and this is {platform.python_version()}",
        "needs plexichat >=2, and this is 1.2.0",
    ]


def test_a_range_for_another_application_is_passed_over():
    requires = Requires(application={"plexichat": ">=2"})
    assert unmet_requirements(manifest(requires)) == []
    assert unmet_requirements(manifest(requires), application="other", application_version="1") == []


@pytest.mark.parametrize(
    ("version", "end"), [("", "was not told which version of it runs"), ("spring", "is spring")]
)
def test_an_application_version_that_can_not_be_compared_is_told(version: str, end: str):
    requires = Requires(application={"plexichat": ">=2"})
    (sentence,) = unmet_requirements(manifest(requires), application="plexichat", application_version=version)
    assert sentence.endswith(end)


def test_a_missing_package_comes_with_the_line_to_run():
    assert unmet_requirements(manifest(packages={"no-such-distribution-here": ">=1"})) == [
        "needs the Python package no-such-distribution-here>=1, and it is not installed; "
        "run: pip install 'no-such-distribution-here>=1'"
    ]


def test_a_package_of_another_version_comes_with_the_line_to_run():
    installed = importlib.metadata.version("msgspec")
    assert unmet_requirements(manifest(packages={"msgspec": "<0.1"})) == [
        f"needs the Python package msgspec<0.1, and {installed} is installed; run: pip install 'msgspec<0.1'"
    ]
