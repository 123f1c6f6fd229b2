name = "legacy_plugin"
version = "1.0.0"
