NATS_SOURCES := tools/nats/go.mod tools/nats/go.sum

bin/nats-server: $(NATS_SOURCES)
	@mkdir -p bin
	cd tools/nats && CGO_ENABLED=0 GOWORK=off go build -trimpath -ldflags '-s -w' -o ../../bin/nats-server github.com/nats-io/nats-server/v2

.PHONY: nats-server
nats-server: bin/nats-server ## build the pinned nats-server into bin/
