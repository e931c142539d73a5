# Gueen RMM. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
MODULES := proto pkg services agent

.PHONY: help
help: ## list the targets
	@grep -hE '^[a-zA-Z0-9_-]+:.*## ' $(MAKEFILE_LIST) | LC_ALL=C sort -t: -k1,1 | awk 'BEGIN{FS=":.*## "}{printf "  %-12s %s\n", $$1, $$2}'

-include mk/*.mk
