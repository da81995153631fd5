# Sunlit Hall 阳光政务. `make up` runs the platform, `make test` proves it; both set up whatever is missing first.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup up test check fmt faults screens bench lock clean system k8s

PYTHON ?= python3.11
BIN := .venv/bin
SETUP := .venv/setup.done
UV := $(shell sed -n 's/^\(uv==[0-9.]*\).*/\1/p' requirements-dev.lock)
ENGINES := $(wildcard libs/ops/engines/data/*) libs/ops/engines/kafka.py libs/ops/engines/jars.py

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## /{printf "  make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(SETUP) ## Install everything that both need: Python packages, front-end packages, Kafka; leaves .venv/bin/sunlit

up: $(SETUP) ## Run the platform as a demonstration, in the foreground; Ctrl-C ends it
	$(BIN)/sunlit up --demo

test: $(SETUP) system ## Run all tests, on a real Kafka, a real PostgreSQL and a real browser
	$(BIN)/python -m pytest

check: $(SETUP) ## Style, types and the walls between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy libs services
	$(BIN)/lint-imports

fmt: $(SETUP) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

faults: $(SETUP) ## Do harm to whole platforms and count what is lost or doubled (FAULTS="freeze corrupt" for some)
	$(BIN)/sunlit faults $(FAULTS)

screens: $(SETUP) system ## Take a picture of every page into tests/screens
	$(BIN)/python -m pytest tests/pages

bench: $(SETUP) ## Measure the platform on this machine, each claim against its limit (some ten minutes)
	$(BIN)/sunlit bench

lock: $(SETUP) ## Write the lock files anew: versions and hashes, no addresses
	$(BIN)/uv pip compile pyproject.toml --generate-hashes --no-header --quiet -o requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-header --quiet -o requirements-dev.lock
	.ci/npm install --package-lock-only

k8s: $(SETUP) ## Render the Kubernetes overlays into build/k8s, refusing images without a digest
	@mkdir -p build/k8s
	@for overlay in deploy/k8s/overlays/*; do $(BIN)/kubectl kustomize $$overlay >build/k8s/$$(basename $$overlay).yaml || exit 1; done
	$(BIN)/python -m libs.ops.images check

clean: ## Delete what setup made (homes with data stay)
	rm -rf .venv node_modules .cache build dist *.egg-info

system: # what only the system's own packages bring: a browser and a Chinese font
	@.ci/system

$(SETUP): requirements-dev.lock pyproject.toml package.json package-lock.json $(ENGINES)
	@.ci/venv $(PYTHON) "$(UV)"
	$(BIN)/uv pip sync --quiet requirements-dev.lock
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	.ci/npm ci
	$(BIN)/python -m libs.ops.engines
	@touch $@
