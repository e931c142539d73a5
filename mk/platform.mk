.PHONY: gen-docs
gen-docs: build ## regenerate docs/reference/settings.md from the declarations in the programs
	@mkdir -p docs/reference && bin/rmmctl gen-docs

.PHONY: check-deploy
check-deploy: ## verify the systemd units, the compose file and the nginx site where the tools are installed
	@./deploy/check.sh

.PHONY: check-gen-docs
gen-check: check-gen-docs
check-gen-docs: gen-docs ## fail if the settings page is not what the programs declare
	@git diff --exit-code --stat -- docs/reference/settings.md pkg/platform/config/catalogue.txt
