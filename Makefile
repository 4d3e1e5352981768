# Two commands do everything on a fresh clone: `make demo` and `make test`.
# `make lab` opens the notebooks, `make app` serves them without their code, `make lock` renews requirements.txt.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
READY := $(VENV)/ready
WEB := $(VENV)/web

.PHONY: demo test lab app lock bench clean
.DEFAULT_GOAL := demo

demo: $(WEB)
	@$(BIN)/mapping demo

test: $(WEB)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m pytest --numprocesses=auto --dist=worksteal

lab: $(WEB)
	@$(BIN)/jupyter lab notebooks

app: $(WEB)
	@$(BIN)/mapping app

# Every install is checked against the hashes of requirements.txt; the build of the package itself
# fetches Leaflet and its plugins with the npm of a build requirement, so no Node has to be installed.
$(READY): requirements.txt pyproject.toml js/package-lock.json js/build_hook.py src/mapping/maps/held.toml
	@command -v git >/dev/null || { echo "git is missing. Install it and run make again."; exit 1; }
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is missing. Install Python 3.11, 3.12 or 3.13 and run make again."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "$(PYTHON) is too old or too new. Use Python 3.11, 3.12 or 3.13: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python's venv module is missing. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@echo "Setting up $(VENV) (once; a few minutes) ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $(READY)

# The build of the package joins the live map's script from its sources: again when they change.
# Compiled modules start a kernel half a second sooner where Python may not write them itself.
$(WEB): $(READY) $(wildcard js/livemap/*)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@$(BIN)/python -m compileall -q src
	@touch $(WEB)

lock:
	uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --output-file requirements.txt

bench: $(WEB)
	@$(BIN)/python benchmarks/hubs.py city
	@$(BIN)/python benchmarks/access.py city
	@$(BIN)/python benchmarks/exclusion.py
	@$(BIN)/python benchmarks/bus.py --instances r101 c101 --vehicles 1 2
	@$(BIN)/python benchmarks/livemap.py

clean:
	rm -rf $(VENV) exports data/processed/demo data/processed/kept data/raw/demo
