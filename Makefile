# make demo and make test are the two commands a newcomer needs; both set everything up first.
PYTHON ?= python3
VENV := .venv
ROUNDS ?= 30
BIN := $(VENV)/bin
PACKAGES := core store trader bot alerts sandbox

.PHONY: install demo test test-all lint check bench torture lock clean

install: $(VENV)/installed

$(VENV)/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "perps-bot needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

demo: install
	$(BIN)/perps-bot demo

test: install
	$(BIN)/python -m pytest -q -n 3 --dist loadfile -m "not long"

test-all: install
	$(BIN)/python -m pytest -q -n 3 --dist loadfile

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint test-all

bench: install
	$(BIN)/python -m tests.bench

torture: install
	$(BIN)/python -m tests.torture --rounds $(ROUNDS)

lock: install
	CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --allow-unsafe --no-emit-index-url --no-emit-find-links \
	  --no-emit-trusted-host --strip-extras --extra dev --output-file requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) var .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
