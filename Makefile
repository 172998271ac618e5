# Every command here is one line that can be pasted; `make help` lists them. Stamp files make repeats quick.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
.PHONY: help run test soak check format test-js types-js bench screenshots other-python browser tshark nettools kubectl clean

PYTHON ?= python3
PORT ?= 5000
VENV := .venv
BIN := $(VENV)/bin
PY_RUN := $(VENV)/.stamp-run
PY_DEV := $(VENV)/.stamp-dev
JS_RUN := node_modules/.stamp-run
JS_DEV := node_modules/.stamp-dev
JS_TESTS = $(shell find tests/js -name '*.test.js' 2>/dev/null | sort)
# uv where it is there, else pip: both honour constraints.txt.
UV := $(shell command -v uv 2>/dev/null)
INSTALL = $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check) -c constraints.txt
# A file of tests stays with one worker; each worker has a browser and servers of its own.
PARALLEL := --numprocesses auto --maxprocesses 4 --dist loadfile
# A browser is opened only where a person can see one.
OPEN := $(shell if [ -z "$${CI:-}" ] && { [ -n "$${DISPLAY:-}$${WAYLAND_DISPLAY:-}" ] || [ "$$(uname)" = Darwin ]; }; then echo --open; fi)

help:  ## list the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */  make \1\t/' | expand -t 24

run: $(PY_RUN) $(JS_RUN)  ## install what the program needs and serve http://127.0.0.1:5000
	$(BIN)/podwalk serve --port $(PORT) $(OPEN)

test: $(PY_DEV) $(JS_DEV) browser tshark nettools kubectl  ## install what the tests need, then run them all
	$(MAKE) --no-print-directory test-js
	$(BIN)/pytest $(PARALLEL)

soak: $(PY_DEV)  ## 10,000 random networks and clusters: every walk has to end; 100,000 random terminal lines: nothing raised or touched
	$(BIN)/pytest tests/fuzz --timeout 0 -o faulthandler_timeout=0 --hypothesis-profile soak --hypothesis-show-statistics

check: $(PY_DEV) $(JS_DEV)  ## format, lint, types, import contracts, browser types and unit tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) --no-print-directory types-js test-js

format: $(PY_DEV)  ## rewrite the Python files as `make check` wants them
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

types-js: $(JS_DEV)  ## tsc over the browser's code: the part without a DOM, all of it, its tests
	node_modules/.bin/tsc -p tsconfig.core.json
	node_modules/.bin/tsc -p tsconfig.json
	node_modules/.bin/tsc -p tsconfig.tests.json

test-js: $(JS_DEV)  ## unit tests of the browser's code, without a browser
	@test -n "$(JS_TESTS)" || { echo "no *.test.js under tests/js"; exit 1; }
	node --test $(JS_TESTS)

bench: $(PY_DEV)  ## microseconds a hop, milliseconds a cluster, beside the floor of bare Python calls
	$(BIN)/pytest tests/bench --benchmark-enable --benchmark-only --benchmark-columns=min,median,rounds --timeout=0 $(if $(STORE),--store-baseline)

screenshots: $(PY_DEV) $(JS_DEV) browser  ## take every picture into build/screenshots and look for overlap, clipping, poor contrast
	$(BIN)/python -m scripts.screenshots

other-python: $(PY_RUN)  ## the same traces on a second Python, byte for byte, where one is there
	@scripts/other_python.sh

browser: $(PY_DEV)
	@scripts/install_browser.sh $(BIN)/python

tshark:
	@scripts/install_tshark.sh

nettools:
	@scripts/install_nettools.sh

kubectl: $(PY_DEV)
	@$(BIN)/python -m scripts.install_kubectl

clean:  ## remove what the other commands made
	rm -rf $(VENV) node_modules build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "podwalk needs Python 3.11 or newer; name one: make PYTHON=python3.12 ...")'
	$(if $(UV),$(UV) venv --quiet --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV))

$(PY_RUN): pyproject.toml constraints.txt hatch_build.py | $(BIN)/python
	$(INSTALL) -e .
	@touch $@

$(PY_DEV): pyproject.toml constraints.txt hatch_build.py | $(BIN)/python
	$(INSTALL) -e '.[dev]'
	@touch $(PY_RUN) $@

$(JS_RUN): package.json package-lock.json
	npm ci --omit=dev
	@touch $@

$(JS_DEV): package.json package-lock.json
	npm ci
	@touch $(JS_RUN) $@
