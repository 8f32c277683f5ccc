# What there is to do here: make help. All that is made is ignored by git: target (or $CARGO_TARGET_DIR), .venv, .asterisk,
# .perl5, node_modules, and the addons in bindings.

PYTHON ?= python3
CARGO ?= cargo
NODE ?= node
NPM ?= npm
PERL ?= perl
VENV := .venv
RUN := $(VENV)/bin/python -m
ASTERISK := $(PYTHON) scripts/asterisk/asterisk.py
CODEGEN := $(CARGO) run --quiet --package ari-codegen --

# Where Python code of ours lies, generated code included.
PYTHON_CODE := scripts examples/python bindings/python bench
# Where JavaScript of ours lies, from bindings/node, where its tools are.
NODE_CODE := . ../../examples/node ../../bench/node
NODE_MODULES := bindings/node/node_modules
# The modules of the Perl client.
PERL_MODULES = $(shell find bindings/perl/lib bindings/perl/generated -name '*.pm')
# Modules that its tests need, where the machine does not have them.
PERL5 := .perl5
export PERL5LIB := $(CURDIR)/$(PERL5)/arch:$(CURDIR)/$(PERL5)/share$(if $(PERL5LIB),:$(PERL5LIB))
# The tests of a language; the conformance table is a target of its own.
NODE_TESTS = $(patsubst bindings/node/%,%,$(filter-out %/conformance.test.js,$(wildcard bindings/node/test/*.test.js)))
PERL_TESTS = $(patsubst bindings/perl/%,%,$(filter-out %/conformance.t,$(wildcard bindings/perl/t/*.t bindings/perl/xt/*.t)))
# What the native part of the module of a language (python, node) is made from.
addon_sources = Cargo.toml Cargo.lock $(shell find core simulator bindings/$(1)/src bindings/$(1)/Cargo.toml $(2) \
	\( -name '*.rs' -o -name '*.toml' -o -name '*.json' \) -not -path 'core/tests/*')

# Whatever builds the native part of the Python module does it for this Python.
export PYO3_PYTHON := $(CURDIR)/$(VENV)/bin/python
export PYTHONDONTWRITEBYTECODE := 1
export CARGO NODE NPM PERL PYTHON
# Not everything runs in this folder.
ifdef CARGO_TARGET_DIR
export CARGO_TARGET_DIR := $(if $(filter /%,$(CARGO_TARGET_DIR)),,$(CURDIR)/)$(CARGO_TARGET_DIR)
endif

# One thing after the other: cargo and Asterisk take all there is anyway, and the output stays readable.
.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help demo bench bench-docs test test-rust test-python test-node test-perl test-scripts conformance conformance-rust conformance-python conformance-node conformance-perl generate check asterisk asterisk-stop clean toolchain release perl perl-modules

help:
	@echo 'make demo           set everything up, start a real Asterisk, let a caller talk to an example IVR;'
	@echo '                    with SIMULATOR=1, or where no real one can be had, on the simulator'
	@echo 'make test           set everything up and run every test (make check is the first of them)'
	@echo 'make conformance    the table of cases, run by every language (part of make test)'
	@echo 'make check          formats, lints, types, and whether the generated files are up to date'
	@echo 'make generate       make the generated files anew from test_resources/asterisk and templates'
	@echo 'make bench          measure every client against its peers (half an hour); a part of it: make bench ONLY=python,rust:bare'
	@echo '                    KIND=events SCENARIO=all ROUNDS=3 SETUP=no'
	@echo 'make asterisk       start a real Asterisk on a free loopback port and say where it is'
	@echo 'make asterisk-stop  stop it'
	@echo 'make clean          remove all that was made'
	@echo
	@echo 'ARI_URL, ARI_USERNAME and ARI_PASSWORD in the environment name an Asterisk of your own for demo and test.'
	@echo 'One part of the tests: make test-rust, test-python, test-node, test-perl or test-scripts.'

toolchain:
	@sh scripts/toolchain.sh '$(PYTHON)' '$(CARGO)' '$(NODE)' '$(NPM)' '$(PERL)'

# The Python tools, and the Python module with its native part, in a virtual environment.

$(VENV)/.tools: scripts/requirements-dev.txt scripts/venv.sh | toolchain
	sh scripts/venv.sh '$(PYTHON)' $(VENV)
	@touch $@

$(VENV)/.addon: $(VENV)/.tools $(call addon_sources,python,bindings/python/pyproject.toml)
	VIRTUAL_ENV='$(CURDIR)/$(VENV)' $(RUN) maturin develop --manifest-path bindings/python/Cargo.toml
	@touch $@

# The JavaScript tools; and the native part of the JavaScript module, with the module where the examples find it. Where
# packages come from is for npm's own settings to say, and what it has fetched before it does not fetch again.

$(NODE_MODULES)/.tools: bindings/node/package-lock.json | toolchain
	cd bindings/node && $(NPM) ci --prefer-offline --no-audit --no-fund --loglevel=error
	@touch $@

$(NODE_MODULES)/.addon: $(NODE_MODULES)/.tools $(call addon_sources,node,bindings/node/build.rs bindings/node/package.json)
	cd bindings/node && $(NPM) run --silent build:debug
	cd examples/node && $(NPM) install --offline --no-package-lock --no-audit --no-fund --loglevel=error
	@touch $@

# The Perl modules for the tests; and the Perl module with its native part, in bindings/perl/blib. What is to be built anew
# is for its own Makefile and for cargo to say.

perl-modules: | toolchain
	@$(PYTHON) scripts/asterisk/perl_modules.py '$(PERL)' $(PERL5)

bindings/perl/Makefile: bindings/perl/Makefile.PL bindings/perl/lib/Asterisk/ARI.pm $(PERL_MODULES) | toolchain
	cd bindings/perl && $(PERL) Makefile.PL PROFILE=dev >/dev/null

perl: bindings/perl/Makefile
	$(MAKE) --no-print-directory -C bindings/perl pure_all >/dev/null

generate: | toolchain
	$(CODEGEN) generate
	UPDATE_GOLDEN=1 $(CARGO) test --quiet --package ari-c --test header
	cd bindings/perl && $(PERL) tools/manifest.pl

check: $(VENV)/.tools $(NODE_MODULES)/.tools perl-modules perl
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings
	$(CODEGEN) generate --check
	$(RUN) ruff check --quiet $(PYTHON_CODE)
	$(RUN) ruff format --quiet --check $(PYTHON_CODE)
	cd bindings/python && ../../$(RUN) mypy
	cd bindings/node && node_modules/.bin/biome check --error-on-warnings $(NODE_CODE)
	cd bindings/perl && $(PERL) tools/check.pl

test: check conformance test-rust test-python test-node test-perl test-scripts
	@echo 'make test: everything passed'

# One server for all surfaces. It counts what each has shown, says so at the end, and fails unless every case was passed
# everywhere: what a runner leaves out is missing there.
conformance: $(VENV)/.addon $(NODE_MODULES)/.addon perl perl-modules
	$(CARGO) build --quiet --package ari-conformance
	@$(CARGO) run --quiet --package ari-conformance -- run -- $(MAKE) --no-print-directory --keep-going --silent $(addprefix conformance-,rust python node perl)

conformance-rust: | toolchain
	$(CARGO) test --quiet --package ari-core --test conformance

conformance-python:
	cd bindings/python && ../../$(RUN) pytest --quiet --no-header tests/test_conformance.py

conformance-node:
	cd bindings/node && $(NODE) test/conformance.js

conformance-perl:
	cd bindings/perl && $(PERL) -Mblib xt/conformance.t

# An Asterisk that ARI_URL names is somebody's: what would kill it is left out, here and in the other languages.
test-rust: release | toolchain
	$(CARGO) test --workspace --exclude ari-python --exclude ari-node -- --skip every_case_of_the_table $(if $(ARI_URL),--skip a_killed_and_restarted_server)

test-python: $(VENV)/.addon release
	cd bindings/python && ../../$(RUN) pytest --ignore tests/test_conformance.py

test-node: $(NODE_MODULES)/.addon release
	cd bindings/node && $(NODE) --test --test-reporter=spec $(NODE_TESTS)

test-perl: perl perl-modules release
	ARI_TEST_ALL=1 $(MAKE) --no-print-directory -C bindings/perl test TEST_FILES='$(PERL_TESTS)'

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

demo: $(VENV)/.addon $(NODE_MODULES)/.addon perl
	$(CARGO) build --package ari-codegen --package ari-examples --package ari-simulator
	@if [ -n '$(SIMULATOR)' ]; then \
		$(VENV)/bin/python scripts/demo.py --simulator; \
	elif [ -n "$$ARI_URL" ] || $(ASTERISK) get >/dev/null; then \
		$(ASTERISK) run -- $(VENV)/bin/python scripts/demo.py; \
	else \
		echo 'demo: no real Asterisk can be had here, for the reason above: the simulator takes its place'; \
		$(VENV)/bin/python scripts/demo.py --simulator; \
	fi

# Peers are fetched into bench/.cache; what is measured goes over the loopback interface only.
bench: | toolchain
	@$(PYTHON) bench/run.py $(if $(ONLY),--only '$(ONLY)') $(if $(KIND),--kind '$(KIND)') $(if $(SCENARIO),--scenario '$(SCENARIO)') \
		$(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(filter no,$(SETUP)),--no-setup)

# Puts the figures of the last whole run into docs/performance.md, and draws the README's picture.
bench-docs: | toolchain
	@$(PYTHON) bench/publish.py

asterisk:
	@$(ASTERISK) up

asterisk-stop:
	@$(ASTERISK) down

clean:
	-@$(ASTERISK) down --all
	$(CARGO) clean
	rm -rf bench/.cache bench/results.json bench/results-part.json
	rm -rf $(VENV) $(PERL5) .asterisk .mypy_cache .pytest_cache .ruff_cache
	rm -rf bindings/python/.mypy_cache bindings/python/.pytest_cache bindings/python/.ruff_cache
	rm -f bindings/python/python/ari/*.so
	rm -rf $(NODE_MODULES) examples/node/node_modules bindings/node/npm bindings/node/artifacts
	rm -f bindings/node/*.node bindings/node/native.js bindings/node/native.d.ts bindings/node/*.tgz
	[ ! -f bindings/perl/Makefile ] || $(MAKE) --no-print-directory -C bindings/perl realclean
