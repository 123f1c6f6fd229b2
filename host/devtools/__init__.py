"""Tools for authors of plugins: templates, checks of code, packages, and the host's side of their tests."""
