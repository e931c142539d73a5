# The fault tests run in a short form with all others; this is the long one.
CHAOS_FLAGS ?= -timeout 90m -v

.PHONY: chaos
chaos: web-dist programs ## break a running suite in every way, with a large fleet and long outages, and count what is lost
	@cd services && FAULTS=long go test $(RACE_FLAGS) -count 1 $(CHAOS_FLAGS) ./internal/faults
