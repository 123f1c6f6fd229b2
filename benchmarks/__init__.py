"""Measures Plughost beside bare pipes and its peers: `python -m benchmarks`. See README.md."""
