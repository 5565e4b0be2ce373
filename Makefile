# Everything that a developer types. `make help` lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help

include tests/lab/lab.mk

CARGO := cargo
FLEET := target/release/fleet
export CARGO_BUILD_JOBS ?= 2

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  %-14s %s\n", $$1, $$2 }'

.PHONY: setup
setup: ## install what building and testing need (Debian, as root)
	@tests/setup

.PHONY: build
build: setup ## build the release binary
	$(CARGO) build --release --locked

.PHONY: demo
demo: build lab-up ## bring up three real servers, make them dirty, clean them up, show the report
	@tests/demo $(abspath $(FLEET))

.PHONY: test
test: setup fmt lint unit docs lab-test ## everything that must hold

.PHONY: fmt
fmt: ## check the formatting
	$(CARGO) fmt --check

.PHONY: lint
lint: ## clippy, with warnings denied, with and without the features of tests
	$(CARGO) clippy --locked --all-targets -- -D warnings
	$(CARGO) clippy --locked --all-targets --all-features -- -D warnings

.PHONY: unit
unit: ## tests that need no lab
	$(CARGO) test --locked --lib --bins --test architecture --test cli --test examples --test supply_chain --test known_hosts_oracle --test ssh_config_oracle --test wire

.PHONY: docs
docs: ## build the documentation, with warnings denied
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items

.PHONY: lab-test
lab-test: lab-up ## tests against the lab's real servers
	@tests/lab/lab reset bookworm trixie forky
	$(CARGO) test --locked --test lab

.PHONY: mutate
mutate: lab-up ## take each protection of a cleanup out in turn and see which test notices
	$(CARGO) test --locked --features mutate --test mutate

.PHONY: compare
compare: build lab-up ## what an aggressive cleanup reclaims, beside what docker's own prunes reclaim
	@tests/lab/compare $(abspath $(FLEET)) $(HOSTS)

.PHONY: bench
bench: lab-up ## the numbers, side by side in one run
	$(CARGO) bench --locked --bench inventory
	$(CARGO) bench --locked --bench fan_out
