# Everything that a developer types. `make help` lists it.

SHELL := /bin/bash
.DEFAULT_GOAL := help

include tests/lab/lab.mk

CARGO := cargo
FLEET := target/release/fleet
# What tests need and a release does not have.
FEATURES := --features failpoints
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
lint: ## clippy, with warnings denied
	$(CARGO) clippy --locked --all-features --all-targets -- -D warnings

.PHONY: unit
unit: ## tests that need no lab
	$(CARGO) test --locked $(FEATURES) --lib --bins --test architecture --test cli --test comparison --test examples --test supply_chain --test lint --test template --test known_hosts_oracle --test ssh_config_oracle --test wire --test html

.PHONY: docs
docs: ## build the documentation, with warnings denied
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --no-deps --document-private-items

# What takes longer than the rest together: real builds with templates and mended Dockerfiles, each protection
# on its own, and cuts all along a cleanup.
LAB_LONG := template:: lint:: protections:: sweeps::a_cut

.PHONY: lab-test
lab-test: lab-up ## tests against the lab's real servers
	@tests/lab/lab reset bookworm trixie forky
	$(CARGO) test --locked $(FEATURES) --test lab -- $(addprefix --skip ,$(LAB_LONG))

.PHONY: lab-long
lab-long: lab-up ## builds of a grown app, every protection, cuts all along a cleanup: half an hour and more
	@tests/lab/lab reset bookworm trixie forky
	$(CARGO) test --locked $(FEATURES) --test lab -- --nocapture $(LAB_LONG)

.PHONY: test-long
test-long: lab-up ## every cut and every crash, one by one: an hour and more
	@tests/lab/lab reset trixie
	FLEET_LONG=1 $(CARGO) test --locked $(FEATURES) --test lab -- --nocapture sweeps::

.PHONY: mutate
mutate: lab-up ## take each protection of a cleanup out in turn and see which test notices
	$(CARGO) test --locked --all-features --test mutate

.PHONY: compare
compare: build lab-up ## what an aggressive cleanup reclaims, beside what docker's own prunes reclaim
	@tests/lab/compare $(abspath $(FLEET)) $(HOSTS)

.PHONY: builds
builds: build lab-up ## benchmark real builds of the lab's app, both templates in turns on three engines: an hour
	@tests/bench/builds $(abspath $(FLEET))

.PHONY: readme
readme: build ## rewrite what README.md shows of builds from the stored benchmark RUN [shop]
	@tests/bench/readme $(abspath $(FLEET)) tests/lab $(or $(RUN),shop)

.PHONY: grown
grown: build lab-up ## a host with 500 images and 5,000 records of cache: survey and removal
	@tests/bench/survey $(abspath $(FLEET))

.PHONY: overhead
overhead: build lab-up ## what a build takes longer under fleet than by hand
	@tests/bench/overhead $(abspath $(FLEET)) $(PAIRS)

.PHONY: bench
bench: lab-up ## the numbers, side by side in one run
	$(CARGO) bench --locked --bench inventory
	$(CARGO) bench --locked --bench lint
	$(CARGO) bench --locked --bench render
	$(CARGO) bench --locked --bench report
	$(CARGO) bench --locked --bench comparison
	$(CARGO) bench --locked --bench fan_out
	$(CARGO) bench --locked --bench files

.PHONY: comparison-page
comparison-page: ## simulate anew the numbers in docs/comparison.md
	FLEET_UPDATE=1 $(CARGO) test --locked $(FEATURES) --lib stats::simulation_tests

.PHONY: lint-page
lint-page: ## make docs/lint.md and the expected ends of the lint cases anew from the rules
	FLEET_UPDATE=1 $(CARGO) test --locked $(FEATURES) --lib dockerfile
