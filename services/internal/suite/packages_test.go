package suite

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMissingServersAreInstalledWhereAllowed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	marker, aptGet := filepath.Join(dir, "calls"), filepath.Join(dir, "apt-get")
	require.NoError(t, os.WriteFile(aptGet, []byte("#!/bin/sh\necho \"$DEBIAN_FRONTEND $*\" >>"+marker+"\n"), 0o700))
	i := installer{
		aptGet: aptGet, say: func(string, ...any) {},
		look: func() (servers, []string) {
			if _, err := os.Stat(marker); err != nil {
				return servers{}, []string{"postgresql", "redis-server"}
			}
			return servers{postgres: "/pg", redis: "/redis"}, nil
		},
	}
	_, err := i.servers(t.Context())
	require.ErrorContains(t, err, "sudo apt-get install --no-install-recommends postgresql redis-server")
	i.allowed = true
	found, err := i.servers(t.Context())
	require.NoError(t, err)
	require.Equal(t, servers{postgres: "/pg", redis: "/redis"}, found)
	calls, err := os.ReadFile(marker)
	require.NoError(t, err)
	require.Equal(t, "noninteractive update -qq\nnoninteractive install -y -qq --no-install-recommends postgresql redis-server\n", string(calls))

	i.look = func() (servers, []string) { return servers{}, []string{"postgresql"} }
	_, err = i.servers(t.Context())
	require.ErrorContains(t, err, "not where they belong")
	require.NoError(t, os.WriteFile(aptGet, []byte("#!/bin/sh\necho no network; exit 100\n"), 0o700))
	_, err = i.servers(t.Context())
	require.ErrorContains(t, err, "no network")

	found, missing := lookServers()
	require.Empty(t, missing)
	require.FileExists(t, filepath.Join(found.postgres, "initdb"))
}
