TEST_STATES = $(or $(GUEEN_TEST_STATE),/dev/shm/gueen-test-$(shell id -u) $(or $(TMPDIR),/tmp)/gueen-test-$(shell id -u))

.PHONY: test-stop
test-stop: ## stop and remove the private PostgreSQL of the tests
	@for state in $(TEST_STATES); do \
		if [ -e $$state/pg/data/postmaster.pid ]; then \
			kill -INT $$(head -n 1 $$state/pg/data/postmaster.pid); \
			while [ -e $$state/pg/data/postmaster.pid ]; do sleep 0.2; done; \
		fi; \
		rm -rf $$state; \
	done
