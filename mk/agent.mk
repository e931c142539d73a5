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

# Built for 386 it runs on every Windows. Not among the programs of `make run`: it is of use where a Windows agent is in the same
# directory, and the libraries of another system take a minute to compile.
.PHONY: agent-setup
agent-setup: ## build the Windows installer of install links into bin/agents/
	@mkdir -p bin/agents
	@cd agent && CGO_ENABLED=0 GOOS=windows GOARCH=386 go build -trimpath -ldflags '-s -w' -o ../bin/agents/gueen-setup-windows.exe ./cmd/gueen-setup

agent-vet: ## vet the agent for every operating system it is built for
	cd agent && for os in linux windows darwin; do GOOS=$$os go vet ./... || exit 1; done
