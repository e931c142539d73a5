# The linter is built from its own module, so that its dependencies are not the product's. It may use as much memory as it
# likes up to a soft limit: the types of all packages of a module are in memory at once.
.PHONY: lint lint-go
lint: lint-go lint-web ## golangci-lint on every module, eslint and tsc on the web app

lint-go: ## golangci-lint on every module, or on one with MODULES=pkg
	@tool=$$(cd tools/lint && GOWORK=off go tool -n golangci-lint) && for m in $(MODULES); do echo "== lint $$m"; \
		(cd $$m && GOMEMLIMIT=$${GOMEMLIMIT:-3GiB} $$tool run --allow-serial-runners --config ../.golangci.yml ./...) || exit 1; done
