# Two commands do everything: make run, make test. Both install what this machine lacks (scripts/bootstrap).
.PHONY: help run test build watch bench
.DEFAULT_GOAL := help

help:
	@echo 'make run     build the release and start the demo on http://127.0.0.1:3000'
	@echo 'make test    every check and test; STAGES="fmt clippy" for some of them'
	@echo 'make build   target/release/portico, with its site inside'
	@echo 'make watch   the demo, rebuilt and reloaded when a source changes'
	@echo 'make bench   every benchmark'

run: build
	@exec target/release/portico serve --demo

test:
	@scripts/bootstrap test
	@exec scripts/test $(STAGES)

build:
	@scripts/bootstrap run
	@scripts/build

watch:
	@scripts/bootstrap run
	@. scripts/env.sh && exec cargo leptos watch -- serve --demo

bench:
	@exec scripts/bench
