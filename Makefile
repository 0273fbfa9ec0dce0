# Carnet. `make up` starts it, `make test` tests it; everything is installed into .venv and nowhere else.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# Tests run in as many processes as there are cores; PYTEST_ARGS adds to the command line.
WORKERS ?= auto
PYTEST_ARGS ?=
# Arguments of `carnet serve`, such as ARGS="--port 9000".
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install install-dev system up test oracle opt-outs wire fuzz check format types bench soak reference statements lock wheel clean

help: ## List the targets.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/\1\t\2/' | expand -t 14

install: .venv/.installed ## Install Carnet into .venv; does nothing when nothing changed.

install-dev: .venv/.installed-dev ## The same, with what the tests and checks need.

.venv/.installed: requirements/base.txt pyproject.toml scripts/install.sh
	@PYTHON="$(PYTHON)" scripts/install.sh requirements/base.txt
	@touch $@

.venv/.installed-dev: requirements/dev.txt pyproject.toml scripts/install.sh
	@PYTHON="$(PYTHON)" scripts/install.sh requirements/dev.txt
	@touch .venv/.installed $@

system: ## Install system packages the tests use, where apt may; otherwise name what is skipped.
	@scripts/system-packages.sh

up: install ## Install and start Carnet at http://127.0.0.1:8417.
	@exec $(BIN)/carnet serve $(ARGS)

test: install-dev system check ## Everything `check` looks at, then every test.
	$(BIN)/python -m pytest -n $(WORKERS) $(PYTEST_ARGS)

# The vendor's own resolver of settings, fetched once into build/; its sources are never part of Carnet.
ORACLE := @anthropic-ai/claude-agent-sdk
ORACLE_VERSION ?= 0.3.330

oracle: install-dev ## Hold the audit's reading of settings against the vendor's resolver (needs npm).
	@npm install --silent --ignore-scripts --no-audit --no-fund --prefix build/oracle $(ORACLE)@$(ORACLE_VERSION)
	CARNET_ORACLE="$(CURDIR)/build/oracle/node_modules/$(ORACLE)" $(BIN)/python -m pytest tests/oracle --timeout 600 $(PYTEST_ARGS)

opt-outs: install-dev ## Prove every opt-out on the wire, in a network of its own; writes build/opt-outs.md.
	@$(BIN)/python -m tests.wire.report build/opt-outs.md

# Claude Code and the npm SDK as npm ships them; what is theirs is never part of Carnet.
CLAUDE_CODE_VERSIONS ?= 2.1.118 2.1.197 2.1.330
NPM_SDK_VERSION ?= 1.14.0
SENTRY_NODE_VERSION ?= 11.12.0
STATSIG_NODE_VERSION ?= 6.5.2
export SENTRY_NODE_VERSION STATSIG_NODE_VERSION

wire: install-dev ## Real clients through the relay and to intake, where there is no network but loopback (needs npm, Linux).
	@scripts/wire.sh "$(CLAUDE_CODE_VERSIONS)" "$(NPM_SDK_VERSION)" $(PYTEST_ARGS)

# Seconds for each of the four.
FUZZ_SECONDS ?= 60

fuzz: install-dev ## Coverage-guided fuzzing of everything that reads bytes of strangers (FUZZ_SECONDS each).
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements/fuzz.txt
	@set -e; for target in client upstream chunks events; do echo "== $$target"; \
	  $(BIN)/python scripts/fuzz.py $$target -max_total_time=$(FUZZ_SECONDS); done

check: install-dev ## Format, lint, types, imports, mirrored tests, generated reference, spelling.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python scripts/check_mirror.py
	$(BIN)/python scripts/reference.py --check
	$(BIN)/python scripts/statements.py --check
	$(BIN)/codespell

format: install-dev ## Put the sources into the house format.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix-only .

bench: install-dev system ## Measure the figures of docs/benchmarks.md.
	@set -e; for file in bench/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file" $(ARGS); done

# MINUTES of load, with the store away for AWAY of them.
MINUTES ?= 30
AWAY ?= 10

soak: install-dev ## The relay under load for MINUTES, the store away for AWAY of them; books and memory afterwards.
	$(BIN)/python -m bench.soak.relay --minutes $(MINUTES) --away $(AWAY) $(ARGS)

reference: install-dev ## Write docs/reference from the command line and the table of settings.
	$(BIN)/python scripts/reference.py

statements: install-dev ## Write the SQL that runs without SQLAlchemy from the tables and statements made with it.
	$(BIN)/python scripts/statements.py

lock: install-dev ## Write the hashed requirement files (ARGS=--upgrade takes the newest releases).
	@$(BIN)/python -m pip install --quiet uv
	@scripts/lock.sh $(ARGS)

wheel: install-dev ## Build the wheel into dist/.
	$(BIN)/python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir dist .

clean: ## Remove what was installed and built; no data.
	rm -rf .venv build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
