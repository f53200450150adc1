# One file of commands, for people and for CI. Needs Python 3.11 or later, make and a package index; nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
ON_CORES := --numprocesses 2 --dist loadfile
RUN := PYTHONDONTWRITEBYTECODE= $(BIN)

.PHONY: help setup setup-dev demo test test-ci test-spark test-spark-with-java check ci audit lock sciatica spider ui docs docs-site clean

help:
	@echo "make demo    set up and run a whole night on simulated clinics"
	@echo "make test    set up and run the tests (under 5 minutes)"
	@echo "make check   formatting, linters, types, layers"
	@echo "make ci      everything that CI runs"
	@echo "make audit   known weaknesses of what is installed (needs a network)"
	@echo "make docs    what is generated: sql/clean, dictionary, checks, lineage    make docs-site   the documents as a site"
	@echo "make ui      Dagster's page on this machine    make sciatica, make spider   real records"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Stepcare needs Python 3.11 or later; set PYTHON=/path/to/python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.stepcare: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Setting up (a few minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --disable-pip-version-check -e .
	@touch $@

$(VENV)/.stepcare-dev: requirements-dev.lock requirements-data.lock $(VENV)/.stepcare
	@echo "Setting up the tests' tools ..."
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --disable-pip-version-check -r requirements-dev.lock
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --disable-pip-version-check -r requirements-data.lock
	@touch $@

# Spark in an environment of its own, which sees the other: half a gigabyte that nothing else needs.
$(VENV)-spark/.stepcare: requirements-spark.lock $(VENV)/.stepcare-dev
	@echo "Setting up Spark for its tests (480 MB) ..."
	@$(PYTHON) -m venv $(VENV)-spark
	@$(BIN)/python -c "import sysconfig; print('import site; site.addsitedir(%r)' % sysconfig.get_path('purelib'))" > \
		$$($(VENV)-spark/bin/python -c "import sysconfig; print(sysconfig.get_path('purelib'))")/stepcare.pth
	@$(VENV)-spark/bin/python -m pip install --quiet --no-deps --require-hashes --disable-pip-version-check -r requirements-spark.lock
	@touch $@

setup: $(VENV)/.stepcare
setup-dev: $(VENV)/.stepcare-dev

demo: setup
	@$(RUN)/stepcare demo

ui: setup
	@$(RUN)/stepcare ui

sciatica: setup-dev
	@STEPCARE_HOME=var/sciatica $(RUN)/stepcare adapt sciatica
	@STEPCARE_HOME=var/sciatica $(RUN)/stepcare nightly || test $$? -eq 4
	@STEPCARE_HOME=var/sciatica $(RUN)/stepcare quarantine
	@STEPCARE_HOME=var/sciatica $(RUN)/stepcare quarantine release SCIATICA/zepid-0.9.1 --because "its other visits are weeks of the trial"
	@STEPCARE_HOME=var/sciatica $(RUN)/stepcare nightly

spider: setup-dev
	@STEPCARE_HOME=var/spider $(RUN)/stepcare adapt spider
	@STEPCARE_HOME=var/spider $(RUN)/stepcare nightly

test: setup-dev
	@$(RUN)/python -m pytest $(ON_CORES)

check: setup-dev
	@$(RUN)/ruff format --check .
	@$(RUN)/ruff check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports --no-cache
	@$(RUN)/sqlfluff lint --disable-progress-bar sql
	@$(RUN)/python -m pipelines.dictionary --check
	@$(RUN)/python -m pipelines.quality.listing --check
	@$(RUN)/python -m pipelines.lineage --check

ci: test check test-ci test-spark

test-ci: setup-dev
	@DAGSTER_HOME=$$(mktemp -d) VIRTUAL_ENV=$(CURDIR)/$(VENV) $(RUN)/dg check defs
	@$(RUN)/python -m pytest -m ci $(ON_CORES)

docs-site: setup-dev
	@$(RUN)/python -m pipelines.docs_site site

test-spark:
	@if command -v java >/dev/null; then $(MAKE) --no-print-directory test-spark-with-java; \
	else echo "No Java: the tests on a Spark cluster are skipped"; fi

test-spark-with-java: $(VENV)-spark/.stepcare
	@PYTHONDONTWRITEBYTECODE= $(VENV)-spark/bin/python -m pytest -m ci -k spark tests/engine/test_clusters.py

docs: setup-dev
	@$(RUN)/python -m pipelines.casting
	@$(RUN)/python -m pipelines.dictionary
	@$(RUN)/python -m pipelines.quality.listing
	@$(RUN)/python -m pipelines.lineage

# Needs a network; by schedule, not in CI. Green only when a known weakness is found in the control and none in the locks.
audit: setup
	@$(PYTHON) -m venv $(VENV)-audit && $(VENV)-audit/bin/pip install --quiet --disable-pip-version-check 'pip-audit>=2.10,<3'
	@$(RUN)/python -m pipelines.auditing $(VENV)-audit/bin/pip-audit

# The lock holds every package with its hashes, and no address of an index.
LOCK := pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet
lock:
	$(PYTHON) -m venv $(VENV)-lock && $(VENV)-lock/bin/pip install --quiet uv
	$(VENV)-lock/bin/uv $(LOCK) --group build -o requirements.lock
	$(VENV)-lock/bin/uv $(LOCK) --extra export --group build --group dev -o requirements-dev.lock
	$(VENV)-lock/bin/uv pip compile requirements-export.in --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements-export.lock
	$(VENV)-lock/bin/uv pip compile requirements-data.in --no-deps --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements-data.lock
	$(VENV)-lock/bin/uv pip compile requirements-spark.in --no-deps --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements-spark.lock

clean:
	rm -rf $(VENV) $(VENV)-audit $(VENV)-lock $(VENV)-spark .mypy_cache .ruff_cache .pytest_cache .hypothesis
