# The one command surface. Everything it makes lies in .venv and .venv-litellm, .cache (the engine) and .local (the emulator and the stack's state).

PYTHON ?= python3
# The stack that up, preview and down work on, and the folder that keeps the emulator's and the stack's state.
export STACK ?= dev
export STATE ?= .local
# Without bytecode files every start of Python parses its packages again.
unexport PYTHONDONTWRITEBYTECODE

RUN := .venv/bin/python -m
PYTEST_ARGS ?= --numprocesses auto --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help up preview down env test check wheel record oldest newest release-check docs format lock setup setup-dev python

help:  ## Show the targets
	@awk -F ':.*## ' '/^[a-z -]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: setup  ## Deploy the dev stack to the emulator, show its endpoints, ask a model a question
	@$(RUN) tools.stack up

preview: setup  ## Show what `make up` would change
	@$(RUN) tools.stack preview

down: setup  ## Destroy the stack and stop the emulator
	@$(RUN) tools.stack down

env: setup  ## Print the variables for plain pulumi, curl and Python against the emulator, to eval in a shell
	@$(RUN) tools.stack env

test: setup-dev  ## Run all tests
	@$(RUN) pytest $(PYTEST_ARGS)

check: setup-dev  ## Check format, lint, types, the reference pages and the schema
	@$(RUN) ruff format --check --quiet && $(RUN) ruff check --quiet && $(RUN) mypy && $(RUN) tools.reference --check && \
	$(RUN) tools.compatibility

wheel: setup-dev  ## Build the wheel into dist/
	@$(RUN) hatchling build --target wheel --directory dist

record: setup-dev  ## Record the state and the schema of this version, for upgrades from it to be tested
	@$(RUN) tests.upgrades.record && $(RUN) tools.compatibility --record

oldest: RESOLUTION := lowest-direct
newest: RESOLUTION := highest
oldest newest: setup-dev  ## Test with the oldest or newest versions that pyproject.toml allows, and download them
	@$(RUN) uv venv --quiet --allow-existing .venv-$@
	@$(RUN) uv pip install --quiet --python .venv-$@ --upgrade --resolution $(RESOLUTION) --editable .
	@$(RUN) uv pip install --quiet --python .venv-$@ --group emulator httpx pytest pytest-xdist pyyaml
	@.venv-$@/bin/python -m pytest $(PYTEST_ARGS) $(VERSION_TESTS)

VERSION_TESTS := tests/components tests/integration/test_component_options.py tests/integration/test_dev_stack.py

release-check: setup-dev
	@$(RUN) tools.release $(TAG)

docs: setup-dev  ## Make the reference pages and the schema from the code
	@$(RUN) tools.reference

bench: setup-dev  ## Measure the module beside the same resources without it; writes docs/reference/performance.md
	@$(RUN) bench

format: setup-dev  ## Format the code
	@$(RUN) ruff format --quiet && $(RUN) ruff check --quiet --fix

lock: setup-dev  ## Choose the newest versions that pyproject.toml allows, and lock them with their hashes
	@$(RUN) uv pip compile $(LOCK_ARGS) $(LOCKED) --group dev -o requirements-dev.lock
	@$(RUN) uv pip compile $(LOCK_ARGS) $(LOCKED) --constraints requirements-dev.lock -o requirements.lock
	@$(RUN) uv pip compile $(LOCK_ARGS) --group litellm -o requirements-litellm.lock

LOCK_ARGS := --quiet --universal --generate-hashes --no-header --no-emit-index-url --upgrade
LOCKED := pyproject.toml --extra cli --group emulator --group build

setup: python
	@$(PYTHON) -m tools.setup

setup-dev: python
	@$(PYTHON) -m tools.setup --dev

python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON): not Python 3.11 or newer. \
	Install one (Debian: apt-get install python3 python3-venv) or name another: make PYTHON=python3.12 up" >&2; exit 1; }
