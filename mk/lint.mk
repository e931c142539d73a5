.PHONY: lint lint-go lint-web
lint: lint-go lint-web ## golangci-lint on every module, eslint and tsc on the web app
lint-go: ## golangci-lint on every module
	@tool=$$(cd tools/lint && GOWORK=off go tool -n golangci-lint) && for m in $(MODULES); do echo "lint $$m"; (cd $$m && $$tool run --config ../.golangci.yml ./...) || exit 1; done
