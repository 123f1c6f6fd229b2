# Both of the first two build .venv on their own; nothing else is needed than Python 3.11 or newer, git and make.
PYTHON ?= $(firstword $(shell command -v python3.11 python3.12 python3.13 python3.14 python3))
VENV   ?= .venv
BIN    := $(VENV)/bin

.PHONY: demo test setup format lint types contracts unit schema docs hero bench bench-quick scale lock soak test-all repeat search clean

demo: setup
	$(BIN)/plughost demo

test: setup lint types contracts unit

setup: $(VENV)/.ready

$(VENV)/.ready: requirements/dev.lock
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements/dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

lint: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: setup
	$(BIN)/basedpyright --level error

contracts: setup
	$(BIN)/lint-imports

unit: setup
	$(BIN)/pytest --cov --cov-report=term

# What is generated from the code; a test fails where it is stale.
schema: setup
	$(BIN)/python -m protocol.schema
	$(BIN)/python -m host.manifest.reference

# The picture of the monitor, from the recording that its tests have.
hero: setup
	PYTHONPATH=tests TZ=UTC $(BIN)/python -m tui.hero
	PYTHONPATH=tests $(BIN)/python -m tui.monitor_docs

bench: setup
	$(BIN)/python -m benchmarks

# One line for each bar, in under three minutes.
bench-quick: setup
	$(BIN)/python -m benchmarks --quick

# From one plugin to a thousand, a host each: a table and a plot.
scale: setup
	$(BIN)/python -m benchmarks.programs.scale

lock: setup
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --group dev -o requirements/dev.lock pyproject.toml

# An hour of mixed load and deaths; says what grew, if anything did. The tests have three minutes of it.
soak: setup
	$(BIN)/python -m tests.soak --minutes 60

# Every interpreter that is found, each in an environment of its own.
test-all:
	@set -e; for v in 3.11 3.12 3.13 3.14; do \
	  if python$$v -c '' 2>/dev/null; then echo "== python$$v"; $(MAKE) VENV=.venv-$$v PYTHON=python$$v setup unit; \
	  else echo "== python$$v not found, left out"; fi; done

# The whole suite a hundred times, for a test that is suspected of a race: make repeat ONLY=tests/host/...
repeat: setup
	@set -e; for i in $$(seq 100); do echo "run $$i"; $(BIN)/pytest -q -x $(ONLY); done

# Other examples of the tests of properties than `make test` has, and more of them.
search: setup
	$(BIN)/pytest -m hypothesis --timeout 1200 --hypothesis-profile search

clean:
	rm -rf .venv* dist build benchmarks/build .coverage* .pytest_cache .ruff_cache .hypothesis
