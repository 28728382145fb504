# Everything a developer does here. `make help` lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export SAM_CLI_TELEMETRY := 0
export PYTHONPATH := devtools:layers/common:sdk/python/src
# Each of the many processes of a test run would compile every package anew where the environment says not to keep that.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/pyc
unexport PYTHONDONTWRITEBYTECODE
# A pyenv shim may stand where uv is not, so uv is asked, not looked for.
UV := $(shell uv --version >/dev/null 2>&1 && echo uv || echo .cache/uv/bin/uv)
UV_FILE := $(filter .cache/%,$(UV))
PYTHON := .venv/bin/python
# `sam build` wants the template's Python by name, and takes no pyenv shim for it.
SAM = PATH="$$($(PYTHON) -c 'import sys; print(sys.base_prefix)')/bin:$$PATH" $(PYTHON) -m samcli
NPM := $(shell command -v npm)
CHROMIUM := $(shell command -v chromium chromium-browser google-chrome | head -1)
PORT ?= 3000
CLOUD_PORT ?= 4566
EXAMPLES ?= 300
FUNCTIONS ?=
ROUNDS ?=
PROCESSOR := $(if $(filter x86_64,$(shell uname -m)),x86_64,arm64)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*##/ -/' | sort

# -- Every day ----------------------------------------------------------------------

.PHONY: dev
dev: .venv/ready ## Run the whole service on PORT (3000), with a mailbox at /dev/mailbox
	@PORT=$(PORT) CLOUD_PORT=$(CLOUD_PORT) $(PYTHON) -m gatehouse_dev

.PHONY: cloud
cloud: .venv/ready ## The same, with its AWS at CLOUD_PORT (4566) open to containers, and so to your network
	@PORT=$(PORT) CLOUD_PORT=$(CLOUD_PORT) CLOUD_HOST=0.0.0.0 $(PYTHON) -m gatehouse_dev

.PHONY: seed
seed: .venv/ready ## Give the running service a demo user with tasks
	@$(PYTHON) -m gatehouse_dev.seed --url http://localhost:$(PORT)

.PHONY: test
test: .venv/ready $(if $(NPM),tests/contract/node_modules/ready examples/react/node_modules/ready) ## Run the tests
	$(PYTHON) -m pytest -n 2 --dist loadgroup $(MEASURED)
	$(PYTHON) -m pytest -m last -q tests/template/test_permissions.py
	@test -n "$(NPM)" || echo "NO NODE: the contract with the official client WAS NOT TESTED"

.PHONY: test-all
test-all: test ## Run all tests, and those that are slow and prove what is rare
	$(PYTHON) -m pytest -m slow -n 2 --dist loadgroup

.PHONY: coverage
coverage: MEASURED := --cov --cov-report= --cov-fail-under=0
coverage: test ## Run the tests, and fail if fewer lines than the floor were run
	$(PYTHON) -m coverage report

.PHONY: lint
lint: .venv/ready ## Check style, types and the template
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	$(PYTHON) -m samcli validate --lint --region us-east-1

.PHONY: audit
audit: .venv-audit/ready ## Look for what attackers look for, in the code and in the template; exceptions are in .checkov.yaml and .serverless-rules.yaml
	.venv-audit/bin/bandit --quiet --recursive --severity-level medium layers/common functions devtools sdk/python/src
	.venv-audit/bin/checkov --config-file .checkov.yaml
	.venv-audit/bin/cfn-lint --config-file .serverless-rules.yaml

.PHONY: sbom
sbom: .venv-audit/ready ## Write down what the layer brings along (CycloneDX), in .cache/sbom.json
	@mkdir -p .cache
	.venv-audit/bin/cyclonedx-py requirements --output-reproducible -o .cache/sbom.json layers/vendor/requirements.txt

.PHONY: check
check: lint audit test test-browser ## Lint, audit, then test

.PHONY: format
format: .venv/ready ## Put the code in order
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

# -- Now and then -------------------------------------------------------------------

.PHONY: branches
branches: .venv/ready ## Run the tests with branch coverage, which takes half as long again
	COVERAGE_CORE=ctrace $(PYTHON) -m pytest -n 2 --dist loadgroup --cov --cov-branch --cov-report= --cov-fail-under=0
	$(PYTHON) -m coverage report --fail-under=97 --show-missing

.PHONY: load
load: .venv/ready ## Let 50 people do the main job at once against a service of its own
	$(PYTHON) -m tests.load

.PHONY: statistics
statistics: .venv/ready ## Compare how long strangers and owners wait for the same answer
	@$(PYTHON) -m tests.statistics

.PHONY: test-browser
test-browser: .venv/ready ## Test the hosted pages and the button in Chromium, by mouse and by keyboard
	$(PYTHON) -m pytest -m browser tests/browser
	@test -n "$(CHROMIUM)" || echo "NO CHROMIUM: the hosted pages WERE NOT TESTED in a browser"

.PHONY: screens
screens: .venv/ready ## Make the pictures of all pages in docs/screens anew; needs Chromium
	@$(PYTHON) -m tests.browser.screenshots

.PHONY: openapi
openapi: .venv/ready ## Write docs/openapi.json anew from the functions' own routers
	@$(PYTHON) -m gatehouse_dev.openapi

.PHONY: errors
errors: .venv/ready ## Write docs/errors.md anew from the catalogue of errors
	@$(PYTHON) -m gatehouse_dev.error_reference

.PHONY: env
env: .venv/ready ## Write env.json anew, which `sam local` needs to reach `make cloud`
	@$(PYTHON) -m gatehouse_dev.sam_local

.PHONY: fuzz
fuzz: .venv/ready ## Send EXAMPLES (300) requests of every kind that docs/openapi.json allows
	FUZZ_EXAMPLES=$(EXAMPLES) $(PYTHON) -m pytest -q -n 2 --show-capture=no tests/contract/test_any_request.py

.PHONY: costs
costs: .venv/ready ## Count what every call costs, and what lists cost as they grow, into docs/costs.md
	@$(PYTHON) -m tests.costs

.PHONY: build
build: .venv/ready ## Build layers and functions as they deploy, into .aws-sam
	$(SAM) build
	$(PYTHON) -m gatehouse_dev.prepare_build .aws-sam/build

.PHONY: test-built
test-built: .venv/ready ## Build for both architectures, look at what came out, and run the tests on what runs here
	$(SAM) build --build-dir .aws-sam/arm64 --parameter-overrides Architecture=arm64
	$(PYTHON) -m gatehouse_dev.prepare_build .aws-sam/arm64
	$(SAM) build --build-dir .aws-sam/x86_64 --parameter-overrides Architecture=x86_64
	$(PYTHON) -m gatehouse_dev.prepare_build .aws-sam/x86_64
	$(PYTHON) -m pytest -q -m built tests/built
	$(PYTHON) -m tests.built

.PHONY: bench
bench: bench-build ## Measure how FUNCTIONS (all) start and answer as they deploy, beside two yardsticks; takes minutes
	@UV=$(UV) $(PYTHON) -m tests.performance --instructions $(if $(ROUNDS),--rounds $(ROUNDS)) $(FUNCTIONS)

.PHONY: bench-gate
bench-gate: bench-build ## Fail when starts or answers of three functions take more instructions than they may
	@UV=$(UV) $(PYTHON) -m tests.performance --gate

# What `make build` makes, but for the processors of this machine, on which it is to run.
.PHONY: bench-build
bench-build: .venv/ready
	@mkdir -p .cache/bench
	$(SAM) build \
	  --build-dir .cache/bench/built --parameter-overrides Architecture=$(PROCESSOR) >.cache/bench/build.log 2>&1 \
	  || { cat .cache/bench/build.log; exit 1; }
	$(PYTHON) -m gatehouse_dev.prepare_build .cache/bench/built

.PHONY: deploy
deploy: .venv/ready ## Build, validate and deploy STAGE (dev, staging or prod); asks once for what it must know
	@$(PYTHON) -m gatehouse_dev.deploying $(STAGE)
	$(PYTHON) -m samcli validate --config-env $(STAGE)
	$(SAM) build --config-env $(STAGE)
	$(PYTHON) -m gatehouse_dev.prepare_build .aws-sam/build
	$(PYTHON) -m samcli deploy --config-env $(STAGE)

.PHONY: redrive
redrive: .venv/ready ## Order anew the mails and erasures of STACK (or of the local service) that failed
	@PYTHONPATH=devtools $(PYTHON) -m gatehouse_dev.admin $(if $(STACK),--stack $(STACK),--local) redrive

.PHONY: passwords
passwords: .venv/ready ## Make the list of common passwords anew from zxcvbn's
	$(PYTHON) -m gatehouse_dev.common_passwords

.PHONY: lock
lock: $(UV_FILE) ## Compile the pinned requirements anew from pyproject.toml
	digest=$$($(UV) run --quiet --no-project devtools/gatehouse_dev/digest.py) && compile() { \
	  $(UV) pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
	    --custom-compile-command "make lock, from dependencies $$digest" "$$@"; } && \
	compile pyproject.toml --group dev -o requirements/dev.txt && \
	compile pyproject.toml -c requirements/dev.txt -o layers/vendor/requirements.txt && \
	compile --group audit -o requirements/audit.txt

# -- What the others need -------------------------------------------------------------

.cache/uv/bin/uv:
	python3 -m pip install --quiet --disable-pip-version-check --target .cache/uv uv

.venv/ready: requirements/dev.txt .python-version | $(UV_FILE)
	$(UV) venv --quiet --clear .venv
	$(UV) pip sync --quiet --python .venv --require-hashes requirements/dev.txt
	@touch $@

.venv-audit/ready: requirements/audit.txt .python-version | $(UV_FILE)
	$(UV) venv --quiet --clear .venv-audit
	$(UV) pip sync --quiet --python .venv-audit --require-hashes requirements/audit.txt
	@touch $@

%/node_modules/ready: %/package-lock.json
	npm ci --silent --no-audit --no-fund --prefix $*
	@touch $@
