package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
)

// TestDeploymentNamesKnownSettings keeps deploy/ in step with the programs: an unknown variable stops every service.
func TestDeploymentNamesKnownSettings(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, key := range config.Catalogue() {
		known[config.EnvName(key)] = true
	}
	for _, file := range []string{"gueen.env.example", "docker-compose.yml"} {
		text, err := os.ReadFile(filepath.Join("../../deploy", file))
		require.NoError(t, err)
		names := regexp.MustCompile(`GUEEN_[A-Z_]+`).FindAllString(string(text), -1)
		require.NotEmpty(t, names)
		for _, n := range names {
			require.True(t, known[n], "%s: %s is no setting of any program", file, n)
		}
	}
}
