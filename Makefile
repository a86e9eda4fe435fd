# Two commands: `make demo` shows everything on made-up data, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-slow lint generate lock wheelhouse bench clean

# The environment is made from the lock alone; a wheelhouse beside it takes the place of the package index.
$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11) and 'Python 3.11 or later is needed: make PYTHON=python3.12')"
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
		$(if $(wildcard wheelhouse),--no-index --find-links wheelhouse) --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --no-index --editable .
	touch $(STAMP)

$(VENV): $(STAMP)

demo: $(STAMP)
	$(BIN)/attrition demo --out demo

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow"

test-slow: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist worksteal -m slow

lint: $(STAMP)
	$(BIN)/ruff check src flows tests bench
	$(BIN)/ruff format --check src flows tests bench
	$(BIN)/mypy
	$(BIN)/sqlfluff lint --disable-progress-bar -q sql

# What is derived: suites, data dictionary, lineage, command reference. Tests find stale ones.
generate: $(STAMP)
	$(BIN)/python -m attrition.validate.suites
	$(BIN)/python -m attrition.documents

# Needs uv; writes no index address.
lock:
	uv pip compile --universal --generate-hashes --no-strip-extras --python-version 3.11 --extra dev pyproject.toml \
		--output-file requirements.lock --no-header --no-emit-index-url --no-emit-find-links

# The wheels of Linux and Windows for a network without an index.
wheelhouse: $(STAMP)
	$(BIN)/python .ci/wheelhouse.py wheelhouse

bench: $(STAMP)
	$(BIN)/python bench/run.py

clean:
	rm -rf build dist demo .mypy_cache .ruff_cache .hypothesis
