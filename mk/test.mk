# Unit and integration tests, fuzz seeds and the race detector in one go; the kits start what they need.
RACE_FLAGS ?= -race
TEST_FLAGS ?= -timeout 60m

.PHONY: test test-go check fuzz bench bench-go setup build
setup: ## install what the tests and the runner need (distribution packages where missing, node modules)
	@./scripts/setup.sh

test: setup test-go test-web e2e ## everything: Go with -race on real dependencies, web unit tests, browser flow

test-go: web-dist programs ## Go tests of every module with -race
	@for m in $(MODULES); do echo "== test $$m"; (cd $$m && go test $(RACE_FLAGS) $(TEST_FLAGS) ./...) || exit 1; done

check: gen-check lint test ## what a change must pass: generated code, lint, tests

FUZZTIME ?= 20s
fuzz: ## run every fuzz target for FUZZTIME each
	@for m in $(MODULES); do (cd $$m && for p in $$(grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -r -n1 dirname | sort -u); do \
		for f in $$(grep -hoE '^func (Fuzz[A-Za-z0-9_]+)' $$p/*_test.go | awk '{print $$2}'); do echo "== fuzz $$m $$p $$f"; go test $$p -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) || exit 1; done; done) || exit 1; done

BENCH ?=
bench: web-dist programs ## the table of aims: the whole product under load, medians of three runs (BENCH="--only results")
	@bin/rmmctl bench $(BENCH)

bench-go: ## Go benchmarks of the inner loops; compare two outputs with benchstat
	@for m in $(MODULES); do (cd $$m && go test -run '^$$' -bench . -benchmem -count 6 ./...) || exit 1; done

build: ## build every binary into bin/
	@mkdir -p bin && cd services && for s in api realtime natsapi worker beat web rmmctl; do CGO_ENABLED=0 go build -trimpath -o ../bin/$$s ./$$s || exit 1; done
