// Command worker does the background work of Gueen RMM: it hands over what the outbox holds and runs the tasks of the queues.
package main

import (
	"context"
	"os"

	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

func main() { os.Exit(service.Main(context.Background(), run)) }

// run is the whole program with its surroundings as arguments.
func run(ctx context.Context, args, env []string) error {
	return service.Run(ctx, args, env, spec())
}

func spec() service.Spec[settings] {
	return service.Spec[settings]{
		Name: "worker", Summary: "runs background tasks and periodic jobs",
		// Pruning and moving of history take longer than what people wait for.
		Defaults: map[string]string{"private.listen": "127.0.0.1:9104", "database.statement_timeout": "5m"},
		Wire:     wire,
	}
}
