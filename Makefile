# `make help` lists what there is. Everything is installed into .venv, from the lock files.

.DEFAULT_GOAL := help
SHELL := /bin/sh
ARGS ?=

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOOLS := build/tools
NATIVE := flows/native/native.so
UV := $(or $(shell command -v uv 2>/dev/null),$(TOOLS)/bin/uv)

export UV_PYTHON_DOWNLOADS = never
export PREFECT_SERVER_ANALYTICS_ENABLED = false
export DO_NOT_TRACK = 1
# Hundreds of processes start in a test run: what is compiled once is compiled for all of them.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-21s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV)/.runtime $(NATIVE) ## Start everything with a simulated till and two retailers; Ctrl-C stops it
	@$(BIN)/python manage.py up --demo $(ARGS)

.PHONY: up
up: $(VENV)/.runtime $(NATIVE) ## Start Prefect, a worker and the portal on this machine; Ctrl-C stops it
	@$(BIN)/python manage.py up $(ARGS)

.PHONY: test
test: $(VENV)/.dev $(NATIVE) browser ## Run the test suite; ARGS="…" goes to pytest
	@$(PYTEST) $(ARGS)
# A process for each processor; more than four wait for each other.
PYTEST := $(BIN)/python -m pytest --numprocesses logical --maxprocesses 4

.PHONY: nightly
nightly: $(VENV)/.dev $(NATIVE) browser ## Run the test suite with its soaks and with many more examples for each property
	@HYPOTHESIS_PROFILE=nightly $(PYTEST) --timeout 7200 -m "nightly or not nightly" $(ARGS)

.PHONY: test-postgres
test-postgres: $(VENV)/.dev $(NATIVE) browser ## Run what needs a database on a PostgreSQL that is thrown away
	@$(BIN)/python -m tests.simulators.postgres $(PYTEST) $(ON_POSTGRES) $(ARGS)
# Of the portal's tests those that use a database (tests/conftest.py); pages are drawn alike on each.
ON_POSTGRES := tests/portal --ignore-glob='*_in_a_browser.py' \
	tests/journeys/test_a_receipt_reaches_the_dashboard.py \
	tests/journeys/test_tenants_never_see_each_other.py

.PHONY: snowflake-acceptance
snowflake-acceptance: $(VENV)/.dev ## Run the journey against the Snowflake account of the environment
	@$(BIN)/python -m tests.acceptance

.PHONY: bench
bench: $(VENV)/.dev $(NATIVE) ## Measure what is promised about speed and memory; ONLY=costs chooses
	@$(BIN)/python -m tests.bench $(ONLY)

.PHONY: check
check: $(VENV)/.dev ## Formatting, lint, types, import contracts, SQL style, deploy checks
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@if command -v rustfmt >/dev/null 2>&1; then rustfmt --edition 2021 --check flows/native/src/lib.rs; fi
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@mkdir -p build && cd transforms && MERCURIOS_WAREHOUSE_FILE=$(CURDIR)/build/lint.duckdb \
		../$(SQLFLUFF) lint --processes 2 --disable-progress-bar models tests
	@cd transforms && MERCURIOS_DBT_TARGET=ledger MERCURIOS_WAREHOUSE_FILE=$(CURDIR)/build/lint.duckdb \
		../$(SQLFLUFF) lint --processes 2 --disable-progress-bar models/costs tests/costs
	@.ci/check-django $(BIN)/python
# Left as it is, Python's collector of garbage takes a quarter of the time.
SQLFLUFF := $(BIN)/python -c 'import gc; gc.set_threshold(100_000); from sqlfluff.cli.commands import cli; cli()'

.PHONY: lock
lock: $(UV) ## Resolve the dependencies anew and write the lock files
	@$(UV) pip compile pyproject.toml $(LOCK_FLAGS) -o requirements.lock
	@$(UV) pip compile pyproject.toml --group test --group check -c requirements.lock $(LOCK_FLAGS) -o requirements-dev.lock
LOCK_FLAGS := --quiet --universal --generate-hashes --no-emit-index-url --no-header

.PHONY: clean
clean: ## Remove what was built and installed; data in var/ stays
	@rm -rf build $(VENV) $(NATIVE) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache transforms/target

.PHONY: browser
browser: # Chromium for the page tests, from Debian, where this user may install it
	@.ci/browser

# --- What the targets above stand on ---------------------------------------------------------------

$(VENV)/.runtime: requirements.lock | $(UV) $(VENV)/bin/python
	@echo "Installing from requirements.lock …"
	@$(UV) pip install --quiet --require-hashes --python $(BIN)/python -r requirements.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock | $(UV) $(VENV)/bin/python
	@echo "Installing from requirements-dev.lock …"
	@$(UV) pip install --quiet --require-hashes --python $(BIN)/python -r requirements-dev.lock
	@touch $@ $(VENV)/.runtime

$(NATIVE): flows/native/build $(wildcard flows/native/src/*.rs)
	@flows/native/build $@

$(VENV)/bin/python: | $(UV)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Mercurios needs Python 3.11 or later. Install it, or name it: make PYTHON=python3.12 …")'
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)

$(TOOLS)/bin/uv:
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing. Install it (on Debian: python3-venv)." >&2; exit 1; }
	@$(PYTHON) -m venv $(TOOLS)
	@$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.8'
