package version_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/version"
)

func TestAtLeast(t *testing.T) {
	t.Parallel()
	for _, v := range []string{"2.10.0", "v2.10.1", "2.11.0-dev", "3", "2.10.0.1", "2.10.0+a-b"} {
		require.True(t, version.AtLeast(v, "2.10.0"), v)
	}
	for _, v := range []string{"2.9.1", "0.1.0", "", "x.y", "2.9.99999999999999999999", "-1.0.0"} {
		require.False(t, version.AtLeast(v, "2.10.0"), v)
	}
}

func TestNewer(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"0.2.0", "0.1.0"}, {"v0.2.0", "0.1.9"}, {"0.2.0", "v0.1.9"}, {"v1.3.0", "v1.2.3"}, {"0.10.0", "0.9.9"}, {"0.1.0", "0.1.0-dev"}, {"0.1.0+b", "0.1.0-rc1"},
	} {
		require.True(t, version.Newer(c[0], c[1]), "%v", c)
		require.False(t, version.Newer(c[1], c[0]), "%v", c)
	}
	for _, c := range [][2]string{{"1.2.3", "v1.2.3"}, {"0.1.0", "0.1.0+b"}, {"0.1.0-rc2", "0.1.0-rc1"}, {"", ""}} {
		require.False(t, version.Newer(c[0], c[1]), "%v", c)
	}
}
