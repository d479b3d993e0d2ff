# Needs python3 (>= 3.10) and make; everything else is installed into .venv by the first target.
#   make demo     train a small policy on CompactContract-v0 and compare it with its base
#   make test     the test suite, minutes; make test-all adds the hostile programs, minutes more
#   make lint     ruff and mypy, as CI runs them
#   make docs     the documentation as a site, in site/
#   make images   the images of Docker's sandboxes (needs a Docker engine)
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DELETE_ON_ERROR:
.PHONY: demo test test-all lint docs images install clean

demo: $(INSTALLED)
	$(BIN)/forgegym demo $(DEMO)

test: $(INSTALLED)
	$(BIN)/python -m pytest -n auto --dist worksteal -m 'not attacks' $(PYTEST)

# Hostile programs one at a time: what they do to a machine is not to be mistaken for a failure.
test-all: test
	$(BIN)/python -m pytest -m attacks $(PYTEST)

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(INSTALLED)
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --strict

images: $(INSTALLED)
	$(BIN)/forgegym images build

install: $(INSTALLED)

$(INSTALLED): pyproject.toml setup.py constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || { \
	  echo "ForgeGym needs Python 3.10 or newer; name one with: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "This Python cannot make virtual environments; on Debian or Ubuntu run: sudo apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(PIP_OPTIONS) -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) .editable build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
