# Gueen RMM. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MODULES := proto pkg services agent

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-zA-Z0-9_-]+:.*## ' $(MAKEFILE_LIST) | sort | awk 'BEGIN{FS=":.*## "}{printf "  %-14s %s\n", $$1, $$2}'

-include mk/*.mk
