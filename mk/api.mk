OPENAPI := proto/openapi/openapi.yaml

.PHONY: gen-openapi check-gen-openapi
gen-openapi: ## regenerate proto/openapi/openapi.yaml from the operations of the api
	@mkdir -p $(dir $(OPENAPI)) && cd services && go run ./api/internal/openapigen ../$(OPENAPI)

check-gen-openapi: gen-openapi ## fail if the API description is not what the operations say
	@git diff --exit-code --stat -- $(OPENAPI)
