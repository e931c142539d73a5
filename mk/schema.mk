TEST_STATE = $(or $(GUEEN_TEST_STATE),$(or $(TMPDIR),/tmp)/gueen-test-$(shell id -u))

.PHONY: test-stop
test-stop: ## stop and remove the private PostgreSQL of the tests
	@if [ -e $(TEST_STATE)/pg/data/postmaster.pid ]; then \
		kill -INT $$(head -n 1 $(TEST_STATE)/pg/data/postmaster.pid); \
		while [ -e $(TEST_STATE)/pg/data/postmaster.pid ]; do sleep 0.2; done; \
	fi
	@rm -rf $(TEST_STATE)

.PHONY: check-gen-sql
check-gen-sql: gen-sql ## fail if the typed SQL queries are not what the query files say
	@git diff --exit-code --stat -- pkg/schema/db
	@test -z "$$(git ls-files --others --exclude-standard pkg/schema/db)" || { echo "generated files are not committed" >&2; exit 1; }
