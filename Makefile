# SPDX-License-Identifier: Apache-2.0
#
# `make` alone lists what there is. Every target can be run on a fresh clone: it does its own set-up.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup build run test lint check fuzz coverage bench bench-peers clean

# The Swift runtime is linked in, so that the program is one file that starts in milliseconds.
RELEASE := -c release --static-swift-stdlib

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install what is missing and fetch the sample data (no network once that is done)
	@Scripts/setup

build: setup ## build the programs for release: .build/release/apus and venuesim
	swift build $(RELEASE) --product apus
	swift build $(RELEASE) --product venuesim

run: build ## backtest a sample portfolio on real candles, then trade it on paper against a simulated venue
	@Scripts/run-demo .build/release/apus
	@Scripts/run-session .build/release/apus .build/release/venuesim

lint: ## check the format of the sources and the rules that the compiler cannot check
	Scripts/lint

test: setup lint ## lint, build with warnings as errors, run all tests, simulate 1,000 trading days
	Scripts/test
	Scripts/simulate test

.PHONY: soak
soak: build ## simulate 20,000 trading days with faults, end the program at 20,000 events, watch an hour's memory
	Scripts/simulate soak
	Scripts/soak-memory

# Leaks are not looked for: what Swift makes once and keeps for the whole run would all be listed. The tests that count
# allocations are only true of what the optimizer made.
check: test ## `make test`, then all tests under the thread and the address sanitizer, and the count of allocations
	Scripts/test --sanitize=thread --scratch-path .build/sanitize-thread
	ASAN_OPTIONS=detect_leaks=0 Scripts/test --sanitize=address --scratch-path .build/sanitize-address
	Scripts/test -c release -Xswiftc -enable-testing --scratch-path .build/release-tests --filter AllocationTests

fuzz: setup ## fuzz every parser of outside bytes for FUZZ_SECONDS (600), on from what earlier runs found
	@Scripts/fuzz

coverage: setup ## lines that the tests run, of connector, orders, risk, live and journal; fails below 90 %
	Scripts/coverage

bench: build build-bench ## measure this program: engine speed, memory, start-up; adds to Benchmarks/results.md
	Benchmarks/run .build/release/apus

.PHONY: build-bench
build-bench:
	swift build -c release --static-swift-stdlib --product apus-bench

bench-peers: build ## measure it and other backtesters in turn on one input; adds to Benchmarks/peers/results.md
	Benchmarks/peers/run .build/release/apus

clean: ## remove what was built (data, reports and downloads stay)
	rm -rf .build
