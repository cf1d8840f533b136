.PHONY: setup check test
PYTHON ?= python3

setup: .venv/ready

# The lock is complete; without --no-deps, older pips reject extras inside a hashed lock.
.venv/ready: requirements.lock pyproject.toml
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --require-hashes --no-deps -r requirements.lock
	.venv/bin/python -m pip install --quiet --no-deps --editable .
	touch $@

test: setup
	.venv/bin/python -m pytest -m "not soak"

check: setup
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/python -m pytest -m "not soak"
