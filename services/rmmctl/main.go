// Command rmmctl is the operator's command line: schema, administrators, jobs, and the suite on one machine.
package main

import (
	"context"
	"os"

	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

func main() { os.Exit(service.Main(context.Background(), run)) }

// run executes one command.
func run(ctx context.Context, args, env []string) error {
	root := newRoot(program{env: env, in: os.Stdin, out: os.Stdout, problems: os.Stderr}) //nolint:contextcheck // each command gets the context below from its cobra.Command
	root.SetArgs(args)
	return root.ExecuteContext(ctx)
}
