AGENT_VERSION ?= 2.11.0
AGENT_TARGETS ?= linux-amd64 linux-arm64
AGENT_LDFLAGS := -s -w -X main.version=$(AGENT_VERSION)

.PHONY: agent agent-vet
agent: $(AGENT_TARGETS:%=bin/agents/gueen-agent-%) ## build the static agent for linux amd64 and arm64 into bin/agents/

.PHONY: $(AGENT_TARGETS:%=bin/agents/gueen-agent-%)
$(AGENT_TARGETS:%=bin/agents/gueen-agent-%): bin/agents/gueen-agent-%:
	@mkdir -p bin/agents
	@cd agent && CGO_ENABLED=0 GOOS=$(word 1,$(subst -, ,$*)) GOARCH=$(word 2,$(subst -, ,$*)) \
		go build -trimpath -ldflags '$(AGENT_LDFLAGS)' -o ../$@ ./cmd/gueen-agent

agent-vet: ## vet the agent for every operating system it is built for
	cd agent && for os in linux windows darwin; do GOOS=$$os go vet ./... || exit 1; done
