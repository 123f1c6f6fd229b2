from collections.abc import Callable
from pathlib import Path

from host.errors import Fault
from host.manifest.schema_words import DIALECT
from protocol.manifest import Limits, Manifest
from protocol.permissions import Permission


def test_a_manifest_json_of_a_web_application_is_read(folder: Path, read_json: Callable[..., Manifest]):
    (folder / "index.py").touch()
    schema = {"type": "object", "properties": {"apiKey": {"type": "string"}}, "required": ["apiKey"]}
    manifest = read_json(
        {
            "name": "my-plugin",
            "version": "1.0.0",
            "displayName": "My Plugin",
            "description": "A simple plugin",
            "type": "UI Theme",
            "author": "Your Name <email@example.com>",
            "permissions": ["read:sessions", "write:sessions", "notifications", "network"],
            "entrypoints": {"main": "index.py"},
            "configSchema": schema,
        }
    )
    assert manifest == Manifest(
        id="my-plugin",
        version="1.0.0",
        type="theme",
        name="My Plugin",
        description="A simple plugin",
        author="Your Name",
        email="email@example.com",
        entry_points=("index.py",),
        permissions=(
            Permission("sessions", "read"),
            Permission("sessions", "write"),
            Permission("notifications", "send"),
            Permission("network", "connect"),
        ),
        config_schema={"$schema": DIALECT, **schema},
    )


def test_a_manifest_json_of_a_container_platform_is_read(read_json: Callable[..., Manifest]):
    manifest = read_json(
        {
            "id": "unique-plugin-id",
            "name": "Plugin Name",
            "version": "1.0.0",
            "description": "Plugin description",
            "author": "Your Name",
            "image": "plugin-image:tag",
            "api_port": 8000,
            "cpu_limit": 0.5,
            "memory_limit": "512m",
            "network_access": True,
            "device_access": False,
        }
    )
    assert manifest == Manifest(
        id="unique-plugin-id",
        version="1.0.0",
        name="Plugin Name",
        description="Plugin description",
        author="Your Name",
        entry_points=("main.py",),
        permissions=(Permission("network", "connect"),),
        limits=Limits(memory_bytes=512 * 1024 * 1024, cpu_cores=0.5),
        unused={"image": "plugin-image:tag", "api_port": 8000},
    )


def test_device_access_asks_for_the_use_of_devices(read_json: Callable[..., Manifest]):
    manifest = read_json({"device_access": True, "permissions": ["device_access"]})
    assert manifest.permissions == (Permission("devices", "use"),)


def test_the_limits_table_goes_before_the_flat_limits(read_json: Callable[..., Manifest]):
    limits = read_json({"limits": {"cpu": 2}, "cpu_limit": "500m", "memory_limit": "1Gi"}).limits
    assert (limits.cpu_cores, limits.memory_bytes) == (2.0, 1 << 30)


def test_switches_and_flat_limits_of_the_wrong_type_are_faults(json_faults: Callable[..., dict[str, Fault]]):
    faults = json_faults({"network_access": "yes", "cpu_limit": [], "memory_limit": True, "id": 5})
    assert set(faults) == {"network_access", "cpu_limit", "memory_limit", "id"}
    assert faults["network_access"].allowed == "true or false"
