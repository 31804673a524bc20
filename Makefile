# `make` lists the commands. Two do all the set-up on a fresh machine: make run, make test.
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
PACKAGES := dags plugins transforms schemas
LOGS ?=
ERRORS ?=
POLICY ?=
PORT ?=
LOCAL := $(BIN)/python -m plugins.local
WITH_POLICY = $(if $(strip $(POLICY)),--policy '$(POLICY)')
WITH_PORT = $(if $(strip $(PORT)),--port $(PORT))

export PYTHONPATH := $(CURDIR)

.PHONY: help run up down status test test-kills test-browser test-airflow test-distributed test-gateway test-oracle test-consumers check bench bench-security dictionary lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 18

run: $(VENV)/.ready ## logs to statistics and a blocklist, on Airflow: make run [LOGS="…" ERRORS="…" POLICY=file]
	@$(LOCAL) run $(if $(strip $(LOGS)),--logs '$(LOGS)') $(if $(strip $(ERRORS)),--errors '$(ERRORS)') \
		$(WITH_POLICY) $(WITH_PORT)

up: $(VENV)/.ready ## Airflow with its pages in the background, schedules on: make up [POLICY=file PORT=8080]
	@$(LOCAL) up $(WITH_POLICY) $(WITH_PORT)

down: $(VENV)/.ready ## stop it
	@$(LOCAL) down $(WITH_POLICY)

status: $(VENV)/.ready ## how its components and DAGs are
	@$(LOCAL) status $(WITH_POLICY)

test: check ## all checks, then all tests but the slow ones
	@$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal \
		--ignore tests/kills --ignore tests/browser --ignore tests/airflow --ignore tests/distributed \
		--ignore tests/gateway --ignore tests/oracle --ignore tests/consumers

test-kills: $(VENV)/.ready ## kill every step of the store before and after each of its writes
	@$(BIN)/pytest -s tests/kills

test-browser: $(VENV)/.ready ## use the pages in a browser
	@$(BIN)/pytest tests/browser

test-airflow: $(VENV)/.ready ## the whole pipeline on Airflow, twice, and a search for addresses in all that it wrote
	@$(BIN)/pytest tests/airflow

test-distributed: $(VENV)/.ready ## the same on Celery workers, one of them killed
	@$(BIN)/pytest tests/distributed

test-gateway: $(VENV)/.ready ## backups and a whole store on Ceph's object gateway, versions and all
	@$(BIN)/pytest tests/gateway

test-oracle: $(VENV)/.ready ## a million broken lines, read all at once and one by one
	@$(BIN)/pytest tests/oracle

test-consumers: $(VENV)/.ready ## the blocklist in the real nginx, Apache, HAProxy, nftables, ipset and bouncers
	@$(BIN)/pytest tests/consumers

check: $(VENV)/.ready ## style, types, direction of imports, SQL; edits nothing
	@$(BIN)/ruff check --no-cache $(PACKAGES) tests
	@$(BIN)/ruff format --no-cache --check --quiet $(PACKAGES) tests
	@$(BIN)/mypy
	@$(BIN)/lint-imports >/dev/null || $(BIN)/lint-imports
	@$(BIN)/sqlfluff lint --disable-progress-bar --nocolor -q transforms

bench: $(VENV)/.ready ## CPU seconds for a million and ten million lines, and ratios to GoAccess where it is installed
	@$(BIN)/python -m tests.benchmarks

bench-security: $(VENV)/.ready ## what detection sees and how fast, and ratios to fail2ban and CrowdSec where they are installed
	@$(BIN)/python -m tests.benchmarks.security

dictionary: $(VENV)/.ready ## schemas/columns.toml -> docs/data-dictionary.md
	@$(BIN)/python -m plugins.data_dictionary > docs/data-dictionary.md

lock: $(VENV)/.ready ## requirements.in -> requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --python-version 3.11 \
		--custom-compile-command "make lock" requirements.in -o requirements.txt

clean: ## remove the environment and what make run made
	-@test ! -x $(BIN)/python || $(LOCAL) down
	rm -rf $(VENV) run replay

$(VENV)/.ready: requirements.txt pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "environment: installing (once)…"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@
