# Every command a developer or operator of this project types. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help run test chaos fuzz backfill lint format

# The recorded night that storms are played over where it is there; else the sample night.
NIGHT := $(wildcard ../shared/data/bdl_box_scores_2026-01-09.json)
VENV := target/venv

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Replay a night through the whole system on this machine; ARGS="--help" says how
	@cargo build --package local-cloud
	@cargo run --quiet --package local-cloud -- run $(ARGS)

test: $(VENV)/ready ## Run every test, unattended
	cargo build --workspace --bins
	cargo test --workspace

chaos: ## Play a night in 50 storms and check the delivery rules; ARGS="--help" says how
	cargo build --quiet --profile chaos --package local-cloud
	@target/chaos/local-cloud chaos $(if $(NIGHT),--night $(NIGHT)) $(ARGS)

fuzz: ## Feed the functions bad input; CASES=1000000 says how much, ARGS=any_snapshot what of it
	PROPTEST_CASES=$(or $(CASES),100000) cargo test --package tests --test hostile_input $(ARGS)
	PROPTEST_CASES=$(or $(CASES),100000) cargo test --package local-cloud --lib multipart

backfill: ## Export past nights again, FROM=… TO=… [URL=…]: a call of export-live a date
	@cargo run --quiet --package backfill -- --from "$(FROM)" --to "$(TO)" $(if $(URL),--url $(URL)) $(ARGS)

lint: ## Formatting and clippy; a warning is an error
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- --deny warnings

format: ## Format the code
	cargo fmt --all

# What the tests use of other people's: fake-gcs-server, and Google's GoogleSQL analyser.
$(VENV)/ready: tests/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement tests/requirements.txt
	@touch $@
