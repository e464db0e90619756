# Every target may be run twice. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
RUNTIME ?= process
VENV := .venv
RUN := $(VENV)/bin/python
STAGE ?= dev
# make exports the shell's USER: only one that stands on the command line is meant.
TOKEN_USER := $(if $(filter command line,$(origin USER)),$(USER),alice)
CODE := services local docker tests bench

.PHONY: help
help: ## Show this
	@awk -v tty="$$([ -t 1 ] && echo 1 || true)" 'BEGIN {FS = ":.*## "; if (tty) {b = "\033[1m"; c = "\033[36m"; o = "\033[0m"}} \
	  /^##@/ {print "\n" b substr($$0, 5) o} \
	  /^[a-z-]+:.*## / {printf "  %s%-14s%s %s\n", c, $$1, o, $$2}' $(MAKEFILE_LIST)
	@printf '\nVariables, each as in make up PORT=4600\n'
	@printf '  %-28s%s\n' 'PORT, RUNTIME' 'of the local cloud: PORT is the one that it has, else 4566; RUNTIME is process or docker' \
	  'USER, GROUP' 'of token and password: alice, and no group' \
	  'STAGE' 'local, dev or prod for the operations (local); dev or prod for the delivery (dev)' \
	  'FUNCTION' 'of logs (all) and invoke: api, authorizer, image_worker or sweeper' \
	  'SINCE, FOLLOW, CORRELATION' 'of logs: 90s, 15m, 2h or 1d; yes; an id, or any other text' \
	  'EVENT' 'of invoke: a file of JSON' \
	  'ID, JSON' 'of redrive: letters, with commas between them; of dead-letters: 1 is for programs' \
	  'AUTHOR, USER, DELETED' 'of erase-author: whose; yes: the user too; yes: old versions of all deleted articles' \
	  'AT, KEEP' 'of restore-drill: 2026-11-22T05:00:00Z (the latest); yes: the restored table stays' \
	  'APPROVE, TAKE_OVER' 'yes where nobody can be asked; yes goes on with a deploy that was killed' \
	  'ACCEPT_FINDINGS' 'of deploy: yes lets images with critical findings go to prod' \
	  'BASE_IMAGE, ARCHITECTURE' 'of the images: what they stand on; x86_64 or arm64' \
	  'ARGS' 'of tests and unit: what pytest gets' \
	  'SECONDS, TARGET' 'of fuzz' \
	  'ONLY, MEASURE' 'of bench; of cost' \
	  'PYTHON' 'of the virtual environment: python3'

.PHONY: setup
setup: ## Make the virtual environment with the pinned dependencies; every other target does it first
	@$(PYTHON) local/bootstrap.py

##@ The cloud on this machine

.PHONY: up
up: setup ## Start the local cloud, apply terraform/environments/local, print the URLs of the API and the page
	@$(RUN) -m local up $(if $(PORT),--port '$(PORT)') --runtime $(RUNTIME)

.PHONY: demo
demo: up ## The main job on a real photograph, after `up`: sign in, create an article, upload, show the labels
	@$(RUN) -m local demo

.PHONY: status
status: setup ## Show what runs, what waits, what rings: make status [STAGE=local|dev|prod]
	@$(RUN) -m local$(if $(filter-out local,$(OPERATED)),.operations) status $(if $(filter-out local,$(OPERATED)),--stage '$(OPERATED)')

.PHONY: token
token: setup ## Print a fresh ID token of a local user: make token USER=alice [GROUP=editors]
	@$(RUN) -m local token --user '$(TOKEN_USER)' $(if $(GROUP),--group '$(GROUP)')

.PHONY: password
password: setup ## Print a local user's password for signing in on the page: make password USER=alice [GROUP=editors]
	@$(RUN) -m local password --user '$(TOKEN_USER)' $(if $(GROUP),--group '$(GROUP)')

.PHONY: down
down: setup ## Stop what `up` started, and nothing else; its data goes
	@$(RUN) -m local down

##@ Images

.PHONY: images
images: setup ## Build both images: make images [BASE_IMAGE=…] [ARCHITECTURE=x86_64|arm64]
	@BASE_IMAGE='$(BASE_IMAGE)' $(RUN) -m local.images functions $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE))

.PHONY: cloud-image
cloud-image: setup ## Build the cloud of docker/compose.yaml, where the machine's own Terraform is to be used
	@BASE_IMAGE='$(BASE_IMAGE)' $(RUN) -m local.images cloud $(if $(ARCHITECTURE),--architecture $(ARCHITECTURE))

.PHONY: base-image
base-image: setup ## Build a base for them where none can be pulled: Debian with AWS's runtime client and emulator
	@$(RUN) -m local.images base

##@ Delivery to AWS

.PHONY: bootstrap
bootstrap: setup ## Make the bucket that keeps Terraform's state and the release records: once an account and region
	@$(RUN) -m local.delivery bootstrap

.PHONY: deploy
deploy: setup ## Bring this checkout to dev, or dev's images to prod: make deploy STAGE=dev|prod [APPROVE=yes]
	@$(RUN) -m local.delivery deploy --stage '$(STAGE)'

.PHONY: plan
plan: setup ## Show what a deploy would change around the images that run: make plan STAGE=dev|prod
	@$(RUN) -m local.delivery plan --stage '$(STAGE)'

.PHONY: rollback
rollback: setup ## Go back to the images before: make rollback STAGE=dev|prod [APPROVE=yes]
	@$(RUN) -m local.delivery rollback --stage '$(STAGE)'

.PHONY: releases
releases: setup ## List what ran in a stage, by digest: make releases STAGE=dev|prod
	@$(RUN) -m local.delivery releases --stage '$(STAGE)'

##@ Operations

# STAGE is dev for the deliveries above; here it is local unless somebody says otherwise.
OPERATED := $(if $(filter file,$(origin STAGE)),local,$(STAGE))

.PHONY: logs
logs: setup ## Read the functions' logs: make logs [FUNCTION=…] [SINCE=15m] [CORRELATION=<id>] [FOLLOW=yes] [STAGE=…]
	@$(RUN) -m local.operations logs --stage '$(OPERATED)' $(if $(FUNCTION),--function '$(FUNCTION)') $(if $(SINCE),--since '$(SINCE)') \
	  $(if $(CORRELATION),--correlation '$(CORRELATION)') $(if $(filter yes,$(FOLLOW)),--follow)

.PHONY: invoke
invoke: setup ## Call a function in service: make invoke FUNCTION=… EVENT=tests/events/get_openapi.json [STAGE=…]
	@$(RUN) -m local.operations invoke --stage '$(OPERATED)' --function '$(FUNCTION)' --event '$(EVENT)'

.PHONY: dead-letters
dead-letters: setup ## List the jobs that failed for good, and why: make dead-letters [STAGE=local|dev|prod] [JSON=1]
	@$(RUN) -m local.operations dead-letters --stage '$(OPERATED)' $(if $(filter-out 0 no,$(JSON)),--json)

.PHONY: redrive
redrive: setup ## Send them back to work, all or some: make redrive [STAGE=local|dev|prod] [ID=…,…]
	@$(RUN) -m local.operations redrive --stage '$(OPERATED)' $(if $(ID),--id '$(ID)')

.PHONY: erase-author
erase-author: setup ## Leave nothing of an author: make erase-author AUTHOR=<sub or name> [STAGE=…] [USER=yes] [DELETED=yes]
	@$(RUN) -m local.operations erase-author --stage '$(OPERATED)' --author '$(AUTHOR)' $(if $(filter yes,$(APPROVE)),--approve) \
	  $(if $(filter command line,$(origin USER)),$(if $(filter yes,$(USER)),--user)) $(if $(filter yes,$(DELETED)),--deleted)

.PHONY: restore-drill
restore-drill: setup ## Restore the table beside itself and compare: make restore-drill [STAGE=…] [AT=<time>] [KEEP=yes]
	@$(RUN) -m local.operations restore-drill --stage '$(OPERATED)' $(if $(AT),--at '$(AT)') $(if $(filter yes,$(KEEP)),--keep)

##@ Checks

.PHONY: test
test: setup ## Every check that this machine can run; what it cannot run is listed as skipped with the reason
	@failed=''; \
	for check in lint types tests; do $(MAKE) $$check || failed="$$failed $$check"; done; \
	if [ -n "$$failed" ]; then echo "✗ failed:$$failed" >&2; exit 1; fi

.PHONY: lint
lint: setup ## Look for mistakes, and for code that is not formatted
	@$(RUN) -m ruff check $(CODE) && $(RUN) -m ruff format --check $(CODE)

.PHONY: types
types: setup ## Check the types of services/ and local/
	@$(RUN) -m mypy

.PHONY: tests
tests: setup ## Run all tests, or some in one process: make tests ARGS='tests/unit -k cursor'
	@$(RUN) -m pytest $(or $(ARGS),--numprocesses 3)

.PHONY: fuzz
fuzz: setup ## Try inputs that nobody thought of: make fuzz [SECONDS=60] [TARGET=preflight|events|cursors|…]
	@$(RUN) -m tests.fuzz --seconds '$(or $(SECONDS),60)' $(if $(TARGET),--target '$(TARGET)')

.PHONY: unit
unit: setup ## Run the unit tests only
	@$(RUN) -m pytest tests/unit $(ARGS)

##@ Speed

.PHONY: bench
bench: setup ## Measure us beside the usual ways to write it, as ratios: make bench [ONLY=worker]
	@$(RUN) -m bench $(ONLY)

.PHONY: cost
cost: setup ## Write docs/cost.md, what everything costs: make cost [MEASURE=all|patterns|operations|pictures|…]
	@$(RUN) -m bench.cost $(if $(MEASURE),--measure $(filter-out 1 all yes,$(MEASURE)))

.PHONY: dashboard
dashboard: setup ## Draw the dashboard with data of what `up` left, into docs/images
	@$(RUN) -m bench.dashboard

##@ Upkeep

.PHONY: format
format: setup ## Format the code, and sort its imports
	@$(RUN) -m ruff check --fix --quiet $(CODE); $(RUN) -m ruff format $(CODE); terraform fmt -recursive terraform

.PHONY: reliability
reliability: setup ## Try every fault, for minutes, on what `up` left or on a cloud of its own: docs/reliability.md
	@if [ -e .local/outputs.json ]; then \
	  echo 'Using the local cloud that `make up` left'; export GAZETTE_E2E_DIR=.local; \
	else \
	  echo 'Starting a local cloud for this: it takes a minute'; \
	fi; \
	GAZETTE_RELIABILITY=1 $(RUN) -m pytest tests/e2e/test_faults.py

.PHONY: matrix
matrix: up ## Write who may do what, as applied, into docs/security.md; `up` first, which takes a minute or more
	@$(RUN) -m local.policies

.PHONY: postman
postman: setup ## Make docs/postman_collection.json of services/api/openapi.yaml
	@$(RUN) -m local.postman

.PHONY: openapi
openapi: setup ## Make services/api/openapi.json, which the API serves, of openapi.yaml
	@$(RUN) -m local.openapi

.PHONY: lock
lock: setup ## Pin the newest versions that requirements/*.in allow
	@cd requirements && for name in dev api image_worker local base build emulator checks secrets sbom fuzz peers plots awscli; do \
	  ../$(VENV)/bin/uv pip compile --quiet --universal --generate-hashes --upgrade --no-header --no-emit-index-url --python-version 3.11 \
	    $$([[ $$name = @(dev|checks|secrets|sbom|fuzz|plots|awscli) ]] || echo '-c dev.txt') $$([ $$name != emulator ] || echo --no-deps) $$name.in -o $$name.txt; \
	done
