.DEFAULT_GOAL := help
.PHONY: help deps build test lint format mutants clean

help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

deps: ## install the system libraries that are missing (Debian)
	@Scripts/deps

build: deps ## the debug build that the tests use
	swift build --build-tests --explicit-target-dependency-import-check error

test: deps ## build and run all tests; FILTER=REGEX for some
	@Scripts/test

lint: ## formatting, allowed imports, no machine's paths
	@Scripts/lint

format: ## format all Swift files in place
	git ls-files -z '*.swift' | xargs -0 swift format format --in-place --parallel

mutants: ## break each rule on purpose and see its tests fail
	@Scripts/mutants

clean: ## remove what was built
	rm -rf .build .build-*
