# What there is to do here: make help. All that is made lies in ignored folders: target (or $CARGO_TARGET_DIR), .venv and
# .asterisk.

PYTHON ?= python3
CARGO ?= cargo
VENV := .venv
RUN := $(VENV)/bin/python -m
ASTERISK := $(PYTHON) scripts/asterisk/asterisk.py
CODEGEN := $(CARGO) run --quiet --package ari-codegen --

# Where Python code of ours lies, generated code included.
PYTHON_CODE := scripts examples/python bindings/python
# What the native part of the Python module is made from.
ADDON_SOURCES := Cargo.toml Cargo.lock $(shell find core bindings/python/src bindings/python/Cargo.toml \
	bindings/python/pyproject.toml \( -name '*.rs' -o -name '*.toml' \) -not -path 'core/tests/*')

# Whatever builds the native part of the Python module does it for this Python.
export PYO3_PYTHON := $(CURDIR)/$(VENV)/bin/python
export PYTHONDONTWRITEBYTECODE := 1
export CARGO
# Not everything runs in this folder.
ifdef CARGO_TARGET_DIR
export CARGO_TARGET_DIR := $(if $(filter /%,$(CARGO_TARGET_DIR)),,$(CURDIR)/)$(CARGO_TARGET_DIR)
endif

# One thing after the other: cargo and Asterisk take all there is anyway, and the output stays readable.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo test test-rust test-python test-scripts generate check asterisk asterisk-stop clean toolchain release

help:
	@echo 'make demo           set everything up, start a real Asterisk, let a caller talk to an example IVR'
	@echo 'make test           set everything up and run every test (make check is the first of them)'
	@echo 'make check          formats, lints, types, and whether the generated files are up to date'
	@echo 'make generate       make the generated files anew from test_resources/asterisk and templates'
	@echo 'make asterisk       start a real Asterisk on a free loopback port and say where it is'
	@echo 'make asterisk-stop  stop it'
	@echo 'make clean          remove all that was made'
	@echo
	@echo 'ARI_URL, ARI_USERNAME and ARI_PASSWORD in the environment name an Asterisk of your own for demo and test.'
	@echo 'One part of the tests: make test-rust, test-python or test-scripts.'

toolchain:
	@sh scripts/toolchain.sh '$(PYTHON)' '$(CARGO)'

# The Python tools, and the Python module with its native part, in a virtual environment.

$(VENV)/.tools: scripts/requirements-dev.txt scripts/venv.sh | toolchain
	sh scripts/venv.sh '$(PYTHON)' $(VENV)
	@touch $@

$(VENV)/.addon: $(VENV)/.tools $(ADDON_SOURCES)
	VIRTUAL_ENV='$(CURDIR)/$(VENV)' $(RUN) maturin develop --manifest-path bindings/python/Cargo.toml
	@touch $@

generate: | toolchain
	$(CODEGEN) generate

check: $(VENV)/.tools
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CODEGEN) generate --check
	$(RUN) ruff check --quiet $(PYTHON_CODE)
	$(RUN) ruff format --quiet --check $(PYTHON_CODE)
	cd bindings/python && ../../$(RUN) mypy

test: check test-rust test-python test-scripts
	@echo 'make test: everything passed'

# An Asterisk that ARI_URL names is somebody's: what would kill it is left out, here and in the other languages.
test-rust: release | toolchain
	$(CARGO) test --workspace --exclude ari-python $(if $(ARI_URL),-- --skip a_killed_and_restarted_server)

test-python: $(VENV)/.addon release
	$(CARGO) build --package ari-conformance
	cd bindings/python && ../../$(RUN) pytest

# Asterisk's packages may be out of reach where ARI_URL names another Asterisk.
test-scripts: release | toolchain
	@if [ -n "$$ARI_URL" ]; then \
		echo 'scripts: not tested, because ARI_URL names the Asterisk to use'; \
	else \
		set -x; $(PYTHON) scripts/asterisk/test_asterisk.py; \
	fi

# First of all, so that a test that starts an Asterisk does not have to wait for it.
release: | toolchain
	@[ -n "$$ARI_URL" ] || $(ASTERISK) get >/dev/null

demo: $(VENV)/.addon
	$(CARGO) build --package ari-codegen --package ari-examples
	@$(ASTERISK) run -- $(VENV)/bin/python scripts/demo.py

asterisk:
	@$(ASTERISK) up

asterisk-stop:
	@$(ASTERISK) down

clean:
	-@$(ASTERISK) down --all
	$(CARGO) clean
	rm -rf $(VENV) .asterisk .mypy_cache .pytest_cache .ruff_cache
	rm -rf bindings/python/.mypy_cache bindings/python/.pytest_cache bindings/python/.ruff_cache
	rm -f bindings/python/python/ari/*.so
