// Command natsapi stands between the bus and the database: it decides which agents may connect, keeps who is connected,
// and takes check-ins and results into the database. Run at least two.
package main

import (
	"context"
	"os"

	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

func main() { os.Exit(service.Main(context.Background(), run)) }

// run is the whole program with its surroundings as arguments.
func run(ctx context.Context, args, env []string) error {
	return service.Run(ctx, args, env, service.Spec[settings]{
		Name: "natsapi", Summary: "admits agents to the bus and stores what they report",
		Defaults: map[string]string{"private.listen": "127.0.0.1:9103"}, Wire: wire,
	})
}
