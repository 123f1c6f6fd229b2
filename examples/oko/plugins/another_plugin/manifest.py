"""No code at all: sections in ui.yaml and data files."""

name = "another_plugin"
version = "1.0.0"
description = "Help and a light that says all is well"
author = "Jane Doe"
