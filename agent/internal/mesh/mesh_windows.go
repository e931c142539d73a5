package mesh

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
)

func defaultPlaces() []string {
	return []string{filepath.Join(os.Getenv("ProgramFiles"), "Mesh Agent", "MeshAgent.exe")}
}

func restart(ctx context.Context) error {
	// Stopping fails when the service is stopped already; starting tells whether all is well.
	exec.CommandContext(ctx, "net", "stop", "mesh agent").Run() //nolint:errcheck // see above
	return exec.CommandContext(ctx, "net", "start", "mesh agent").Run()
}
