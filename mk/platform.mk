.PHONY: gen-docs
gen-docs: build ## regenerate docs/reference/settings.md from the declarations in the programs
	@mkdir -p docs/reference && bin/rmmctl gen-docs

.PHONY: check-deploy
check-deploy: ## verify the systemd units, the compose file and the nginx site where the tools are installed
	@./deploy/check.sh
