.DEFAULT_GOAL := help
.PHONY: help demo test lint format build memory scopes bench endurance acceptance oracle mutants install uninstall clean deps

PREFIX ?= /usr/local
export PREFIX DESTDIR FILTER KEEP

help: ## this list
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

demo: deps ## the main job against a sandbox, in a temporary folder; KEEP=1 leaves it there
	@Scripts/demo

test: ## build and run all tests; FILTER=REGEX for some
	@Scripts/deps test
	@Scripts/test

lint: ## formatting, allowed imports, scripts, no machine's paths
	@Scripts/lint

format: ## format all Swift files in place
	git ls-files -z '*.swift' | xargs -0 swift format format --in-place --parallel

build: deps ## the debug build that demo and test share
	@Scripts/build

memory: build ## 100,000 grants through import, dry run and run stay below 96 MB of memory
	@Scripts/memory "$$(swift build --show-bin-path)/grantkeeper"

scopes: build ## the shipped scope documents have nothing to be found
	@env -u GRANTKEEPER_CONFIG "$$(swift build --show-bin-path)/grantkeeper" scopes check --fail-on note

bench: ## speed against bare SQLite and libcurl; QUICK=1, FULL=1, ROWS="P2 P3-h1", ROUNDS, GROW, PROGRAM
	@Scripts/deps bench
	@$(if $(PROGRAM),:,PREFIX=/usr/local DESTDIR="$(CURDIR)/.build/bench/prefix" Scripts/install install >&2)
	@exec Benchmarks/run.py --program "$(or $(PROGRAM),.build/bench/prefix/usr/local/bin/grantkeeper)" \
	  $(if $(QUICK),--quick) $(if $(FULL),--full) $(if $(KEEP),--keep) $(if $(ROWS),--rows "$(ROWS)") \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(GROW),--grow $(GROW))

endurance: build ## kill the worker at random moments, run two beside others; KILLS, GRANTS, SECONDS, SEED for more
	@Tests/Endurance/crash.py "$$(swift build --show-bin-path)/grantkeeper" \
	  --kills $(or $(KILLS),12) --grants $(or $(GRANTS),400) $(if $(SEED),--seed $(SEED))
	@Tests/Endurance/together.py "$$(swift build --show-bin-path)/grantkeeper" \
	  --seconds $(or $(SECONDS),10) $(if $(SEED),--seed $(SEED))

oracle: deps ## worlds of true events against planner, jobs and store; DAYS, MUTANTS, STORE_DAYS, SEED for more
	@swift build -c release --product oracle >&2
	@"$$(swift build -c release --show-bin-path)/oracle" --grant-days $(or $(DAYS),1000000) \
	  --mutant-days $(or $(MUTANTS),3000000) $(if $(SEED),--seed $(SEED))
	@Scripts/deps test
	@FILTER=StoreOracleTests STORE_DAYS=$(or $(STORE_DAYS),2000) $(if $(SEED),STORE_SEED=$(SEED)) Scripts/test

acceptance: build ## a real authorization server (Doorkeeper): what lives is kept, what ends is dead there
	@Scripts/deps acceptance
	@Scripts/acceptance "$$(swift build --show-bin-path)/grantkeeper"

mutants: ## break each rule on purpose and see its tests fail
	@Scripts/deps test
	@Scripts/mutants

install: deps ## release build, completions and man page to PREFIX [/usr/local], below DESTDIR
	@Scripts/install install

uninstall: ## remove what install put there
	@Scripts/install uninstall

deps: ## install the system libraries that are missing (Debian)
	@Scripts/deps

clean: ## remove what was built
	rm -rf .build .build-*
