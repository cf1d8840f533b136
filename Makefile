.PHONY: audit help setup demo up test check format lint types layers soak browser bench-detection
.DEFAULT_GOAL := help
PYTHON ?= python3
BIN := .venv/bin

help: ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 18

setup: .venv/ready ## prepare .venv, and nothing else

# The lock is complete; without --no-deps, older pips reject extras inside a hashed lock.
.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else "Python 3.11, 3.12 or 3.13 is needed, this is " + sys.version.split()[0] + ": make PYTHON=python3.12")'
	@test -x $(BIN)/python || { echo "Making .venv"; $(PYTHON) -m venv .venv; }
	@echo "Installing the pinned packages into .venv: a minute or two"
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@$(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: setup ## a made-up organisation, live, in your browser; Ctrl-C stops it
	@$(BIN)/cost-pipeline demo

up: setup ## your own trail: make up TRAIL=s3://bucket
	@$(BIN)/cost-pipeline up $(if $(TRAIL),--trail "$(TRAIL)")

test: setup ## every test but the long ones
	@$(BIN)/python -m pytest -n 2 --dist worksteal --timeout 600 -m "not soak"

soak: setup ## the long tests
	@$(BIN)/python -m pytest -m soak

bench-detection: setup ## how well incidents are found, beside two usual designs; ARGS="--seeds 1000 --verbose"
	@$(BIN)/python benchmarks/detection.py $(ARGS)

check: format lint types layers test ## the whole gate

audit: setup ## code and packages: known weaknesses, leaked secrets
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive cost_pipeline ui
	@$(BIN)/ruff check --quiet --select S .
	@sh benchmarks/secrets.sh
	@rm -rf .audit && $(PYTHON) -m venv .audit && .audit/bin/pip install --quiet --disable-pip-version-check pip-audit \
	  && .audit/bin/pip-audit --strict --disable-pip --require-hashes -r requirements.lock -r deploy/requirements.lock; done=$$?; rm -rf .audit; exit $$done

format: setup ## formatting
	@$(BIN)/ruff format --check .

lint: setup ## style and common mistakes
	@$(BIN)/ruff check .

types: setup ## types
	@$(BIN)/mypy

layers: setup ## who may import whom
	@$(BIN)/lint-imports

browser: setup ## a Chromium for the browser tests, where none is installed
	@$(BIN)/playwright install chromium

