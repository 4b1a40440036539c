# `make demo` and `make test` work from an empty checkout; both reuse a .venv that is there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Work is spread over processes, one thread each; more threads would only compete for the same cores.
export OMP_NUM_THREADS := 1

.PHONY: demo test lint format install clean

demo: $(INSTALLED)
	$(BIN)/python -m bench run protocols/fractions.yaml

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist worksteal -q

lint: $(INSTALLED)
	$(BIN)/ruff check sprm bench tests
	$(BIN)/ruff format --check sprm bench tests
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

format: $(INSTALLED)
	$(BIN)/ruff format sprm bench tests
	$(BIN)/ruff check --fix sprm bench tests

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $(INSTALLED)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
