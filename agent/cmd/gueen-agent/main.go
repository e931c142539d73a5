// Command gueen-agent is the endpoint agent of Gueen RMM.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/gueencode/gueenrmm/agent/internal/app"
)

// version is what the agent reports; the build sets it.
var version = "2.11.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := app.Run(ctx, app.Env{
		Version: version, Args: os.Args[1:], Getenv: os.Getenv, Stdout: os.Stdout, Stderr: os.Stderr,
	})
	stop()
	os.Exit(code)
}
