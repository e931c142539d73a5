# Typed SQL: one context at a time, so that a query file that is being written does not fail the others.
SQL_CONTEXTS = $(basename $(notdir $(wildcard pkg/schema/queries/*.sql)))

.PHONY: gen-sql
gen-sql: ## regenerate the typed SQL queries, of one context with CTX=agents
	@tools/sqlc/generate.sh $(if $(CTX),$(CTX),$(SQL_CONTEXTS))
