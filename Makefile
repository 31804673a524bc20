# Two commands do everything: make run, make test.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
PACKAGES := dags plugins transforms schemas
OUT ?= out
LOGS ?=
ERRORS ?=
POLICY ?=

export PYTHONPATH := $(CURDIR)

.PHONY: help run test test-kills check bench lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 12

run: $(VENV)/.ready ## logs to statistics and a blocklist: make run [LOGS="…" ERRORS="…" POLICY=file OUT=dir]
ifeq ($(strip $(LOGS)$(ERRORS)),)
	@test -f demo/truth.json || $(BIN)/python -m tests.traffic --out demo --days 3 --smallest-group 5
	@$(MAKE) --no-print-directory run LOGS="$$(echo demo/access.log* demo/timed.log)" \
		ERRORS="$$(echo demo/*error.log)" POLICY=demo/policy.toml OUT="$(OUT)"
else
	@$(BIN)/lethe statistics $(LOGS) $(if $(ERRORS),--errors $(ERRORS)) $(if $(POLICY),--policy $(POLICY)) --out "$(OUT)"
	@echo
	@$(BIN)/lethe summary "$(OUT)"
	@echo
	@$(if $(LOGS),$(BIN)/lethe alerts --table $(LOGS) $(if $(POLICY),--policy $(POLICY)))
endif

test: check ## all checks, then all tests but the slow ones
	@$(BIN)/pytest --ignore tests/kills

test-kills: $(VENV)/.ready ## kill every step of the store before and after each of its writes
	@$(BIN)/pytest -s tests/kills

check: $(VENV)/.ready ## style, types, direction of imports, SQL; edits nothing
	@$(BIN)/ruff check --no-cache $(PACKAGES) tests
	@$(BIN)/ruff format --no-cache --check --quiet $(PACKAGES) tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports >/dev/null || $(BIN)/lint-imports
	@$(BIN)/sqlfluff lint --disable-progress-bar --nocolor -q transforms

bench: $(VENV)/.ready ## CPU seconds for a million lines, and ratios to GoAccess where it is installed
	@$(BIN)/python -m tests.benchmarks

lock: $(VENV)/.ready ## requirements.in -> requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" requirements.in -o requirements.txt

clean: ## remove the environment and what make run made
	rm -rf $(VENV) $(OUT) demo

$(VENV)/.ready: requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "environment: installing (once)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@
