.PHONY: check-deploy
check-deploy: ## verify the systemd units, the compose file and the nginx site where the tools are installed
	@./deploy/check.sh
