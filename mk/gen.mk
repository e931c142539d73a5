# Everything that is generated and checked in. The order is that of the needs: typed SQL, then the programs that are asked
# for their settings, metrics and operations, then the web app's types of the operations.
OPENAPI := proto/openapi/openapi.yaml
GENERATED := pkg/schema/db pkg/platform/config/catalogue.txt docs/reference $(OPENAPI) services/web/src/api/schema.gen.ts

# One context at a time, so that a query file that is being written does not fail the others.
SQL_CONTEXTS = $(basename $(notdir $(wildcard pkg/schema/queries/*.sql)))

.PHONY: gen gen-check gen-sql gen-openapi gen-docs gen-web
gen: ## regenerate everything that is generated
	@for target in gen-sql gen-openapi gen-docs gen-web; do $(MAKE) --no-print-directory $$target || exit 1; done

gen-check: ## fail if something generated is not what its source says
	@GENERATED="$(GENERATED)" ./scripts/gen-check.sh

gen-sql: ## regenerate the typed SQL queries, of one context with CTX=agents
	@tools/sqlc/generate.sh $(if $(CTX),$(CTX),$(SQL_CONTEXTS))

gen-openapi: ## regenerate the API description and its reference page from the operations of the api
	@mkdir -p $(dir $(OPENAPI)) docs/reference && cd services && go run ./api/internal/openapigen ../$(OPENAPI) ../docs/reference/rest.md

gen-docs: build ## regenerate the reference pages of settings, metrics, jobs and rmmctl from what the programs say
	@mkdir -p docs/reference && bin/rmmctl gen-docs

gen-web: web-install ## regenerate the web app's types of the REST interface
	@cd services/web && npm run --silent gen:api
