# The chores. `make` lists them; `make test` is exactly what continuous integration runs.
#
# What is built and installed goes to target/, what is downloaded to the caches of cargo and pip. Needed are cargo, Python 3.9
# or newer with venv and its shared library (python3-dev), Maven, Ruby with msgpack, minitest and rubocop, Lua 5.4, LuaJIT, luarocks
# and luacheck, Redis, Node with npm, Go, and Perl. STORMHOST_LONG=1 makes the tests that kill, and the models of what is pure, go on for longer.

.DEFAULT_GOAL := help
.PHONY: help test build native prepare test-format test-rust test-docs test-python test-pythons test-ruby test-lua test-e2e soak fuzz test-conformance conformance-table test-pages test-packages test-examples test-chaos chaos chaos-table chaos-restart fmt clean

include bench/Makefile

# With an empty HOME, as in a sandbox, rustup does not find its toolchains. They lie beside the cargo that the PATH has.
ifeq ($(wildcard $(HOME)/.rustup/toolchains/*),)
beside_cargo := $(wildcard $(dir $(shell PATH="$$PATH" command -v cargo 2>/dev/null))../../.rustup)
ifneq ($(beside_cargo),)
export RUSTUP_HOME ?= $(abspath $(beside_cargo))
endif
endif

PYTHON ?= python3
BIN := target/venv/bin
NATIVE := $(CURDIR)/target/accelerator/accelerator/libstormhost_native.so
PYTEST := $(BIN)/pytest -q -p no:cacheprovider
# Tests of whole programs wait more than they work, so several go at a time: two a core, but four at least.
WORKERS ?= $(shell cores=$$(nproc 2>/dev/null || echo 2); echo $$((cores > 2 ? cores * 2 : 4)))
TOGETHER := $(PYTEST) -n $(WORKERS) --dist worksteal
# What Python compiles lies elsewhere than beside the shim's sources, which are part of the host: it would be built again for each new file there.
BYTECODE := PYTHONPYCACHEPREFIX=$(CURDIR)/target/bytecode
# What tests and benchmarks run is built with Python inside, for which Python's shared library is needed; `cargo build` alone is not.
INSIDE = --features python
export PYO3_PYTHON ?= $(shell PYTHON=$(PYTHON) sh tests/python_inside.sh 2>/dev/null)

help:
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name words; do printf '  make %-14s %s\n' "$$name" "$$words"; done

# What takes long to build and changes nothing that is tested is left out: the optimiser's last pass over the whole program, which makes
# it a little quicker and is left to `make build` and `make bench`, and what only debuggers read. Both kinds of builds are kept, so nobody
# who goes from one to the other waits.
test: export CARGO_PROFILE_RELEASE_LTO = off
test: export CARGO_PROFILE_RELEASE_CODEGEN_UNITS = 16
test: export CARGO_PROFILE_DEV_DEBUG = line-tables-only
test: test-format test-rust test-docs build test-python test-pythons test-ruby test-lua test-e2e test-conformance test-pages test-packages test-examples test-chaos bench-check ## everything that continuous integration runs

build: prepare ## the program, as it is released, with Python inside: target/release/stormhost
	cargo build --release --locked $(INSIDE)

native: ## the native accelerator alone, for the tests of the Python shim; a build of the host makes it too
	PYO3_NO_PYTHON=1 cargo build --locked --profile accelerator --manifest-path shims/python/native/Cargo.toml --target-dir target/accelerator

prepare: ## what the tests need and the repository does not carry
	@command -v mvn >/dev/null || test -f target/multilang/storm.js || sh tests/install.sh maven
	@command -v rubocop >/dev/null && ruby -rmsgpack -rminitest -e1 2>/dev/null || sh tests/install.sh ruby ruby-msgpack ruby-minitest rubocop
	@for tool in lua5.4 luajit luarocks luacheck; do command -v $$tool >/dev/null || missing=1; done; \
		test -f /usr/include/lua5.4/lua.h || missing=1; \
		test -z "$$missing" || sh tests/install.sh lua5.4 liblua5.4-dev luajit luarocks lua-check
	@command -v redis-server >/dev/null || sh tests/install.sh redis-server
	@command -v openssl >/dev/null || sh tests/install.sh openssl
	@command -v npm >/dev/null || sh tests/install.sh nodejs npm
	@command -v go >/dev/null || sh tests/install.sh golang-go
	@perl -MJSON::PP -e1 2>/dev/null || sh tests/install.sh perl
	PYTHON=$(PYTHON) sh tests/python_inside.sh >/dev/null 2>&1 || sh tests/install.sh python3-dev python3-venv
	PYTHON=$(PYTHON) sh tests/prepare.sh

test-format: prepare ## formatting and lints of all languages
	cargo fmt --all --check
	cargo clippy --locked --workspace --all-targets -- -D warnings
	cargo clippy --locked -p stormhost -p stormhost-native --no-default-features --features stormhost/lua,stormhost/python,stormhost-native/embedded -- -D warnings
	cd shims/python && ../../$(BIN)/ruff check --no-cache . && ../../$(BIN)/mypy --cache-dir ../../target/mypy
	cd shims/ruby && rubocop -c .rubocop.yml --cache false --format quiet . ../../examples ../../bench ../../tests/conformance
	$(BIN)/ruff check --no-cache bench tests/e2e tests/chaos tests/conformance tests/docs tests/packaging tests/children tests/stock tests/*.py

test-rust: ## unit tests, doc tests and tests of the program in Rust, and whether the benchmarks of the pieces still run
	cargo test --locked --workspace
	cargo test --locked --workspace --bench codec --bench flow

test-docs: ## the documentation of the Rust code, without a warning
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --locked --workspace --no-deps --document-private-items

test-python: prepare native ## the Python shim, with every codec
	cd shims/python && $(BYTECODE) STORMHOST_NATIVE=$(NATIVE) ../../$(TOGETHER)

test-pythons: prepare native ## the Python shim without codecs, on every other Python that is found
	$(BYTECODE) STORMHOST_NATIVE=$(NATIVE) sh tests/other_pythons.sh

test-ruby: prepare ## the Ruby shim, with every codec
	cd shims/ruby && ruby -w -e 'Dir["./test/test_*.rb"].each { |file| require file }'

test-lua: prepare ## the Lua shim, in Lua 5.4 and LuaJIT, its rock and its documents
	$(PYTEST) shims/lua/tests

test-e2e: build prepare ## the whole program with real children
	STORMHOST=target/release/stormhost $(TOGETHER) tests/e2e

soak: build prepare ## 24 million tuples through a bolt that is slower than its spout: what memory the host takes by the minute
	STORMHOST=$(CURDIR)/target/release/stormhost PYTHONPATH=tests $(BIN)/python tests/soak.py $(SOAK)

test-conformance: build native prepare ## every library with every other: chains, values, misbehaviours
	STORMHOST=$(CURDIR)/target/release/stormhost $(PYTEST) tests/conformance

conformance-table: build native prepare ## the same, and writes what came out into docs/compatibility.md
	STORMHOST_WRITE=1 STORMHOST=$(CURDIR)/target/release/stormhost $(PYTEST) tests/conformance

test-pages: build native prepare ## every code block of the documentation
	STORMHOST=$(CURDIR)/target/release/stormhost $(TOGETHER) tests/docs

test-packages: build prepare ## the wheel, the gem and the rock, each installed into an empty place
	STORMHOST=$(CURDIR)/target/release/stormhost $(TOGETHER) tests/packaging

test-examples: build prepare ## every example
	STORMHOST=$(CURDIR)/target/release/stormhost $(TOGETHER) tests/examples

fuzz: ## what children say and files hold, by chance: each target for FUZZ_SECONDS (60); needs a nightly compiler
	sh fuzz/run.sh

CHAOS := STORMHOST=$(CURDIR)/target/release/stormhost $(BIN)/python tests/chaos
SEEDS ?= 1000
JOBS ?= 2

test-chaos: build prepare ## the fault campaign's own tests, and its first seeds: every fault, every graph and every link
	$(PYTEST) tests/chaos
	$(CHAOS)/campaign.py --seeds 10 --jobs 2 --fresh --results target/chaos/short.jsonl

chaos: build prepare ## the fault campaign: SEEDS=1000 seeds, JOBS=2 at a time, goes on where it was stopped; or one alone: SEED=17
	$(CHAOS)/campaign.py $(if $(SEED),--seed $(SEED),--seeds $(SEEDS) --jobs $(JOBS))

chaos-table: prepare ## writes the results of the campaign into docs/reliability.md
	$(CHAOS)/campaign.py --table

chaos-restart: build prepare ## the time from SIGKILL of a Python child until all flows again, into docs/reliability.md
	$(CHAOS)/restart.py

fmt: prepare ## formats everything
	cargo fmt --all
	cd shims/python && ../../$(BIN)/ruff check --no-cache --fix .

clean: ## removes all that was made
	rm -rf target
