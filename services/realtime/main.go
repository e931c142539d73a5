// Command realtime serves the WebSockets of browsers: live facts, dashboard counters, streamed commands and terminals.
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
		Name: "realtime", Summary: "serves the WebSockets of browsers",
		Defaults: map[string]string{"private.listen": "127.0.0.1:9102", "listen": "127.0.0.1:8002"}, Wire: wire,
	})
}
