# The whole product on this machine, and the conformance player against it.
WEB_SOURCES := $(shell find services/web -path services/web/node_modules -prune -o -path services/web/dist -prune -o -path services/web/e2e -prune -o -type f \( -path '*/src/*' -o -path '*/public/*' -o -name 'index.html' -o -name 'vite.config.ts' -o -name 'tsconfig*.json' -o -name package.json \) -print 2>/dev/null)

services/web/node_modules/.package-lock.json: services/web/package-lock.json
	cd services/web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

services/web/dist/index.html: $(WEB_SOURCES) services/web/node_modules/.package-lock.json
	cd services/web && npm run build
	@touch $@

.PHONY: web-dist
web-dist: services/web/dist/index.html ## build the web app when it is missing or stale

.PHONY: programs
programs: build agent bin/nats-server ## build every program that `make run` needs

.PHONY: run
run: web-dist programs ## start everything here and enrol this machine (ARGS="--help" lists the options)
	@exec bin/rmmctl suite run $(ARGS)

# The recorded sequences come from the web origin, and call a web hook at the address, that the services are told here. The kit
# lies beside the checkout; FILES names scenario files without their ending.
KIT ?= ../shared/conformance
FILES ?= 00-setup 14-clients 30-agents 32-agent-api 40-checks

.PHONY: conformance
conformance: web-dist programs ## play the recorded REST sequences against a fresh suite (FILES="00-setup 14-clients")
	@test -f $(KIT)/replay.py || { echo "the conformance kit is not at $(KIT); set KIT" >&2; exit 1; }
	@mkdir -p .run
	@bin/rmmctl suite exec --dir .run/conformance --fresh --ports auto --no-agent --durable=false \
		--service-env GUEEN_WEB_ORIGINS=https://rmm.example.com,GUEEN_WEBHOOKS_ALLOW=127.0.0.0/8 -- sh -c '\
		python3 $(KIT)/replay.py --base "$$RMM_API" --admin "$$RMM_USER" --password "$$RMM_PASSWORD" \
		--var mon_token="$$RMM_MON_TOKEN" --var web_origin="$$RMM_WEB_ORIGIN" --scenario $(patsubst %,$(KIT)/scenarios/%.json,$(FILES)) --json .run/conformance.json'
