"""What marks a plugin's methods, one file per decorator. Authors import them from `plugin_sdk`."""
