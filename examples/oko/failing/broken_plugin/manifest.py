name = "broken_plugin"
version = "1.0.0"
description = "Can't be loaded"
