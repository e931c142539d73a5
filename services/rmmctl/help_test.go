package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var update = flag.Bool("update", false, "rewrite golden files")

// runCommand runs rmmctl and returns what it prints.
func runCommand(t *testing.T, env []string, input string, args ...string) (out string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	root := newRoot(program{env: env, in: strings.NewReader(input), out: &stdout, problems: &stderr})
	root.SetArgs(args)
	err = root.ExecuteContext(t.Context())
	return stdout.String(), err
}

func TestHelpIsGolden(t *testing.T) {
	t.Parallel()
	var walk func(path []string, cmd *cobra.Command)
	walk = func(path []string, cmd *cobra.Command) {
		if cmd.Hidden || cmd.Name() == "help" {
			return
		}
		out, err := runCommand(t, nil, "", append(path[1:len(path):len(path)], "--help")...)
		require.NoError(t, err)
		golden := filepath.Join("testdata", strings.Join(path, "-")+".txt")
		if *update {
			require.NoError(t, os.MkdirAll("testdata", 0o750))
			require.NoError(t, os.WriteFile(golden, []byte(out), 0o600))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		require.Equal(t, string(want), out)
		for _, sub := range cmd.Commands() {
			walk(append(path[:len(path):len(path)], sub.Name()), sub)
		}
	}
	walk([]string{"rmmctl"}, newRoot(program{}))
}

func TestUnknownSettingsAreRefused(t *testing.T) {
	t.Parallel()
	_, err := runCommand(t, []string{"GUEEN_DATABSE_URL=x"}, "", "migrate", "status")
	require.ErrorContains(t, err, "did you mean GUEEN_DATABASE_URL?")
	_, err = runCommand(t, nil, "", "migrate", "down")
	require.Error(t, err)
	_, err = runCommand(t, []string{"GUEEN_DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/x"}, "", "migrate", "status")
	require.ErrorContains(t, err, "reach database postgres://u:********@127.0.0.1:1/x")
	require.NotContains(t, err.Error(), "hunter2")
}
