"""Read by the host as it stands here, and never run."""

MANIFEST = {
    "name": "my_plugin",
    "version": "1.0.0",
    "description": "My awesome plugin",
    "author": "John Doe",
    "capabilities": ["exec.my_plugin.action"],
    "permissions": ["dashboard:read"],
}
