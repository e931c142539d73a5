package host

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	got, err := memory([]byte("MemTotal:       1000 kB\nMemFree:  10 kB\nMemAvailable:    255 kB\n"))
	require.NoError(t, err)
	require.Equal(t, 75, got)
	for _, text := range []string{"", "MemTotal: x kB", "MemTotal: 1 kB\nMemAvailable: 2 kB"} {
		_, err = memory([]byte(text))
		require.Error(t, err)
	}
}

func TestThisMachine(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func() (int, error){"memory": MemoryPercent, "disk": func() (int, error) { return DiskPercent("/") }} {
		got, err := read()
		require.NoError(t, err, name)
		require.GreaterOrEqual(t, got, 0, name)
		require.LessOrEqual(t, got, 100, name)
	}
	_, err := DiskPercent("/nonexistent")
	require.Error(t, err)
}
