// Command beat schedules the periodic jobs of Gueen RMM. Of any number of replicas one leads.
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
		Name: "beat", Summary: "schedules periodic jobs",
		Defaults: map[string]string{"private.listen": "127.0.0.1:9105", "database.max_conns": "4", "database.statement_timeout": "10s"},
		Wire:     wire,
	}
}
