package mesh

import (
	"context"
	"os/exec"
)

func defaultPlaces() []string {
	return []string{"/opt/tacticalmesh/meshagent", "/usr/local/mesh_services/meshagent/meshagent"}
}

func restart(ctx context.Context) error {
	return exec.CommandContext(ctx, "launchctl", "kickstart", "-k", "system/meshagent").Run()
}
