# The web app: unit tests, lint, types from the REST description, and the browser tests on a real suite.
WEB := services/web

.PHONY: test-web lint-web web-install chromium e2e

web-install: $(WEB)/node_modules/.package-lock.json ## install the web app's packages

test-web: web-install ## unit tests of the web app
	cd $(WEB) && npm test --silent

lint-web: web-install ## eslint and tsc on the web app
	cd $(WEB) && npm run --silent lint && npm run --silent typecheck

# A browser: what is there, else the distribution's.
CHROMIUM ?= $(firstword $(wildcard /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome))

chromium: ## install Chromium for the browser tests where it is missing
	@if [ -z "$(CHROMIUM)" ]; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-dejavu-core; \
		else echo "the browser tests need Chromium: install the package chromium, or set CHROMIUM to a browser's path" >&2; exit 1; fi; fi

# E2E_IMAGES=docs/images also renews the pictures of the README.
E2E_DIR ?= .run/e2e
e2e: web-dist programs chromium ## browser tests against a fresh suite with a real agent
	@mkdir -p .run
	@CHROMIUM="$(or $(CHROMIUM),/usr/bin/chromium)" E2E_IMAGES="$(if $(E2E_IMAGES),$(abspath $(E2E_IMAGES)))" \
		bin/rmmctl suite exec --dir $(E2E_DIR) --fresh --ports auto --durable=false -- sh -c 'cd $(WEB) && npm run --silent e2e'
