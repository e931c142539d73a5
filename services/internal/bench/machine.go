package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
)

// machine says on what was measured: system, processors, memory, and the versions of everything that takes part.
func machine(ctx context.Context, e *environment) string {
	parts := []string{fmt.Sprintf("%s/%s, %d CPUs", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())}
	if name := firstValue("/proc/cpuinfo", "model name"); name != "" {
		parts = append(parts, name)
	}
	if total := firstValue("/proc/meminfo", "MemTotal"); total != "" {
		parts = append(parts, "memory "+total)
	}
	if kernel, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		parts = append(parts, "kernel "+strings.TrimSpace(string(kernel)))
	}
	parts = append(parts, runtime.Version(), "PostgreSQL "+postgresVersion(ctx, e.suite.DatabaseURL()))
	for _, program := range []struct{ path, flag string }{
		{filepath.Join(e.options.Bin, "nats-server"), "--version"}, {"redis-server", "--version"}, {"nginx", "-v"}, {filepath.Join(e.options.Bin, "api"), "--version"},
	} {
		if text, err := exec.CommandContext(ctx, program.path, program.flag).CombinedOutput(); err == nil { //nolint:gosec // programs of the suite
			line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
			line, _, _ = strings.Cut(line, " sha=")
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, ", ")
}

// firstValue returns the value of the first line "key : value" of a file.
func firstValue(path, key string) string {
	text, err := os.ReadFile(filepath.Clean(path))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if name, value, found := strings.Cut(line, ":"); found && strings.TrimSpace(name) == key {
			return strings.Join(strings.Fields(value), " ")
		}
	}
	return ""
}

func postgresVersion(ctx context.Context, database string) string {
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return "unknown"
	}
	defer conn.Close(ctx) //nolint:errcheck // read only
	var version string
	if err := conn.QueryRow(ctx, "SHOW server_version").Scan(&version); err != nil {
		return "unknown"
	}
	return version
}
