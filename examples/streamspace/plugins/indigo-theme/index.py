from typing import Any, ClassVar

from plugin_sdk.kinds import Theme


class Indigo(Theme):
    theme: ClassVar[dict[str, Any]] = {
        "colors": {
            "primary": "#6366f1",
            "secondary": "#8b5cf6",
            "background": "#0f172a",
            "surface": "#1e293b",
            "text": "#f1f5f9",
        },
        "typography": {
            "fontFamily": '"Inter", sans-serif',
            "fontSize": {"small": "0.875rem", "medium": "1rem", "large": "1.25rem"},
        },
        "spacing": {"unit": 8},
    }
