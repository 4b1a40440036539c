# `make demo` and `make test` work from an empty checkout; both reuse a .venv that is there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

# Work is spread over processes, one thread each; more threads would only compete for the same cores.
export OMP_NUM_THREADS := 1

.PHONY: demo test test-long test-page browser coverage docs lint format install clean

demo: $(INSTALLED)
	$(BIN)/python -m bench run protocols/fractions.yaml

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist worksteal -q -m "not long and not page"

# One after the other, as what they run takes all cores.
test-long: $(INSTALLED)
	$(BIN)/python -m pytest -q -m long

# Pages in a browser, in about two minutes; the rules of accessibility come by npm.
test-page: browser $(INSTALLED)
	$(BIN)/python -m pip install --quiet --requirement requirements-page.lock
	npm ci --silent --prefix tests/page
	$(BIN)/python -m pytest -q -m page tests/page

browser:
	@for program in chromium chromedriver npm; do command -v $$program > /dev/null || { \
		echo "make test-page needs $$program; on Debian: apt-get install chromium chromium-driver npm" >&2; exit 1; }; done

# Measuring makes tests a quarter slower and more, so `make test` does without. Commands and workers are processes of their
# own; [tool.coverage.run] in pyproject.toml has them measured, too, but for one on a full disk, which takes no figures.
coverage: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist worksteal -q -m "not long and not page" --cov --cov-report=term \
		--deselect tests/bench/cli/test_app.py::test_a_disk_that_takes_no_more_is_told_without_traceback

docs: $(INSTALLED)
	$(BIN)/python -m pip install --quiet --requirement requirements-docs.lock
	$(BIN)/mkdocs build --strict

lint: $(INSTALLED)
	$(BIN)/ruff check sprm bench tests docs
	$(BIN)/ruff format --check sprm bench tests docs
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo

format: $(INSTALLED)
	$(BIN)/ruff format sprm bench tests docs
	$(BIN)/ruff check --fix sprm bench tests docs

install: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --editable .
	touch $(INSTALLED)

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage* site tests/page/node_modules
