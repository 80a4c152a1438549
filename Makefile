# Cupola's commands; `make help` lists them.  All may be run again at any time.
VENV ?= .venv
PYTEST_ARGS ?=
# processes that share the tests: a number, or `auto` for one to each processor
WORKERS ?= 0
# where `make up` keeps its cloud; `cupola` looks there too
export CUPOLA_STATE_DIR ?= /var/lib/cupola
bin := $(VENV)/bin

.NOTPARALLEL:
.PHONY: help up down test test-full bench lint format lock clean packages packages-test packages-full packages-deb deb guest pytest

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

up: packages $(VENV)/.ready guest ## set this machine up, start a cloud on it, boot its first server
	@$(bin)/cupola up
	@ln -sfn $(CUPOLA_STATE_DIR)/openrc openrc
	@$(bin)/cupola demo

down: ## take the cloud away with all it holds: processes, network, files (`cupola down` only stops it)
	@[ ! -x $(bin)/cupola ] || $(bin)/cupola down --purge
	@rm -f openrc

test: packages-test lint guest pytest ## all checks and tests this machine can run

test-full: export CUPOLA_TEST_KILLS = 50
test-full: export CUPOLA_TEST_MACHINE = 1
test-full: export CUPOLA_TEST_APACHE = all
test-full: export CUPOLA_TEST_LIBVIRT = all
test-full: export CUPOLA_TEST_STREAM = 512
test-full: export CUPOLA_TEST_PACKAGE = 1
test-full: packages-full test ## the same longer, and with more programs
	@CUPOLA_TEST_HYPERVISOR=libvirt $(bin)/pytest -n0 tests/system/cloud
	@for kind in postgresql mariadb; do CUPOLA_TEST_DATABASE=$$kind CUPOLA_TEST_BROKER=rabbitmq \
	    $(bin)/pytest -n $(WORKERS) tests/api tests/operations tests/matrix tests/simulation tests/regressions || exit 1; done
	@CUPOLA_TEST_STACK=mariadb $(bin)/pytest -n0 tests/system/parts tests/conformance -k "apache or parts"

deb: packages-deb ## build the Debian package into build/
	@packaging/deb.sh build

bench: packages-test $(VENV)/.ready-dev ## measure speed and memory
	@$(bin)/python -m benchmarks

lint: $(VENV)/.ready-dev ## style, types, directions of imports
	@$(bin)/ruff check .
	@$(bin)/ruff format --check .
	@$(bin)/mypy
	@$(bin)/lint-imports --no-logo

format: $(VENV)/.ready-dev ## put the code into the one style
	@$(bin)/ruff check --fix .
	@$(bin)/ruff format .

lock: ## resolve pyproject.toml again into the lock files
	@packaging/lock.sh

clean: down ## the same, and remove what these commands made in this directory
	rm -rf $(VENV) .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache build src/*.egg-info

packages:
	@packaging/setup.sh packages run

packages-test:
	@packaging/setup.sh packages run test

packages-deb:
	@packaging/setup.sh packages run deb

packages-full:
	@packaging/setup.sh packages run test deb full

guest: $(VENV)/.ready
	@packaging/setup.sh guest $(VENV)

pytest: $(VENV)/.ready-dev
	@$(bin)/pytest -n $(WORKERS) $(PYTEST_ARGS)

$(VENV)/.ready: requirements.lock pyproject.toml | packages
	@packaging/setup.sh venv $(VENV)
	@touch $@

$(VENV)/.ready-dev: requirements.lock requirements-dev.lock pyproject.toml | packages
	@packaging/setup.sh venv $(VENV) dev
	@touch $(VENV)/.ready $@
