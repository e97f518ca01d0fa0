# What can be done in a clone of gradatlas. `make` alone lists it.

PYTHON ?= python3
PORT ?= 8000
SITE_SECONDS ?= 600

BIN := .venv/bin
INSTALLED := .venv/.installed
SITE := build/site
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
TIMEOUT := $(if $(shell command -v timeout),timeout $(SITE_SECONDS))

unexport PYTHONPATH
# Hundreds of tests start Python anew, which without bytecode would compile the package and half of what it needs each time.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONNOUSERSITE := 1

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help check packages site site-check site-zip epub serve test lint prove array-api dist kernels bench peers compare clean distclean chromium constraints

help:  ## list what can be done
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

check:  ## what must be there: Python, venv, disk, a C compiler, the registries
	@echo "What must be there:"
	@$(PYTHON) tools/preflight.py

# A broken link, as a removed Python leaves behind, counts as absent: then the environment is made anew.
$(BIN)/python:
	@$(MAKE) --no-print-directory check
	$(PYTHON) -m venv --clear .venv

# hatchling comes first so that gradatlas is built by the version held in constraints.txt, not by the newest.
$(INSTALLED): pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing into .venv: a minute or two the first time"
	$(PIP) install --quiet --constraint constraints.txt hatchling
	$(PIP) install --quiet --constraint constraints.txt --no-build-isolation --editable '.[docs,dev]'
	@touch $@

prove: $(INSTALLED)  ## derive and check every formula, write the evidence
	$(BIN)/pytest proofs/ -n auto

packages: $(INSTALLED)
	@$(BIN)/python tools/npm_packages.py

site: packages prove  ## prove every formula and build the site, in English and in Chinese
	$(TIMEOUT) $(BIN)/python tools/build_site.py
	@echo "The site: $(CURDIR)/$(SITE)/index.html"
	@echo "With search: make serve"

# Times, and how far a page shifts while its typefaces come, hang on the machine: told in CI, judged elsewhere.
site-check: packages  ## judge the built site: speed, accessibility, keyboard, links, search; needs make site
	$(BIN)/python tools/site_check.py --rebuild $(if $(CI),--tell speed built rebuilt)

site-zip: $(INSTALLED)  ## put the built site into one file that works from disk
	$(BIN)/python tools/whole_site.py zip

epub: packages  ## make a book of the guide, the primer, the statements and the reference
	$(BIN)/python tools/whole_site.py epub

serve:  ## show the built site at a loopback address
	@test -f $(SITE)/index.html || { echo "no site yet: run make site first"; exit 1; }
	@echo "The site: http://127.0.0.1:$(PORT)/ (Ctrl-C ends)"
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(SITE) $(PORT)

lint: $(INSTALLED)  ## ruff and mypy
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

test: lint packages prove  ## lint, types, proofs/ and tests/
	$(BIN)/pytest tests/ -n auto

array-api: $(INSTALLED)  ## the array API standard's test suite, over NumPy and array_api_strict
	$(BIN)/python tools/array_api.py

dist: prove  ## prove, and build a wheel that carries derivations and evidence
	$(BIN)/python -m gradatlas.claims.release
	$(BIN)/python -m build --wheel --no-isolation

# In an environment of its own: CuPy and NVRTC are 130 MB, and CuPy needs no GPU to have its kernels compiled.
kernels:  ## compile CuPy's kernels for sm_80 and sm_90 with NVRTC, no GPU needed
	$(PYTHON) -m venv build/kernels
	build/kernels/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[kernels]'
	build/kernels/bin/python -m pytest tests/gpu -s

bench: $(INSTALLED)  ## time the engine
	$(BIN)/python benchmarks/engine.py

# An environment of their own: nothing that is tested or documented needs the peers, and some are large.
peers: $(INSTALLED)  ## install PyTorch, JAX, autograd and MyGrad beside gradatlas, into build/peers
	$(PYTHON) -m venv build/peers
	build/peers/bin/python -m pip install --quiet --editable '.[peers]'

compare:  ## time gradient steps beside the peers that make peers installed
	@test -x build/peers/bin/python || { echo "no peers yet: run make peers first"; exit 1; }
	build/peers/bin/python benchmarks/compare.py

chromium:  ## install Chromium, which the tests of the site's pages need
	@if command -v chromium || command -v chromium-browser || command -v google-chrome; then echo "Chromium is there"; \
	elif command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; \
	else echo "Chromium is missing: install it as root (Debian: apt-get install chromium)"; exit 1; fi

# In an environment of its own, so that nothing else that happens to be installed gets in. Run it with the oldest Python
# that pyproject.toml admits (make constraints PYTHON=...): what that one can install, newer ones can.
constraints:  ## write the newest versions that fit pyproject.toml to constraints.txt
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet --upgrade pip
	build/constraints/bin/python -m pip install --quiet '.[docs,dev]'
	@{ echo "# Exact versions of what '.[docs,dev]' installs, written by make constraints."; \
	  build/constraints/bin/python -m pip freeze --exclude gradatlas; } > constraints.txt
	rm -rf build/constraints

clean:  ## remove what was built
	rm -rf build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis docs/chapters docs/ledger docs/formulas/*.rst docs/programs/*.rst
	find docs/locale -name "*.mo" -delete
	find src tests proofs docs tools -name __pycache__ -prune -exec rm -rf {} +

distclean: clean  ## remove the environment too
	rm -rf .venv docs/node_modules
