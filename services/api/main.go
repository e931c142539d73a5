// Command api serves the REST interface of Gueen RMM.
package main

import (
	"context"
	"os"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

func main() { os.Exit(service.Main(context.Background(), run)) }

// run is the whole program with its surroundings as arguments.
func run(ctx context.Context, args, env []string) error {
	if len(args) == 1 && args[0] == accounts.HashCommand {
		return accounts.ServeHashes(os.Stdin, os.Stdout)
	}
	return service.Run(ctx, args, env, service.Spec[settings]{
		Name: "api", Summary: "serves the REST interface",
		Defaults: map[string]string{"private.listen": "127.0.0.1:9101"}, Wire: wire,
	})
}
