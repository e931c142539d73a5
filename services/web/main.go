// Command web serves the web app under /app/. In one-origin set-ups it also passes everything else on to the services behind
// it, so that a browser and an agent need a single address; elsewhere nginx does that.
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
		Name: "web", Summary: "serves the web app and, on request, everything behind one address",
		Defaults: map[string]string{"private.listen": "127.0.0.1:9100"},
		Wire:     wire,
	}
}
