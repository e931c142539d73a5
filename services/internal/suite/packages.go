package suite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Where distributions put the servers' programs besides PATH.
func postgresDirectories() []string {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return nil // the pattern is right
	}
	slices.Sort(dirs)
	slices.Reverse(dirs) // the newest version first
	return append(dirs, "/usr/pgsql-17/bin", "/usr/pgsql-16/bin", "/usr/local/pgsql/bin", "/opt/homebrew/bin", "/usr/local/bin")
}

// servers are the programs that come from the distribution.
type servers struct {
	postgres string // directory with initdb and postgres
	redis    string // redis-server or valkey-server
}

// installer finds the servers' programs, and installs their packages where that is possible.
type installer struct {
	look    func() (found servers, missing []string)
	aptGet  string // path of apt-get
	allowed bool   // root, and not forbidden
	say     func(format string, args ...any)
}

func (s *Suite) installer() installer {
	return installer{look: lookServers, aptGet: "/usr/bin/apt-get", allowed: os.Geteuid() == 0 && s.opts.Apt, say: s.say}
}

func (i installer) servers(ctx context.Context) (servers, error) {
	found, missing := i.look()
	if len(missing) == 0 {
		return found, nil
	}
	if !i.allowed || !isExecutable(i.aptGet) {
		return found, fmt.Errorf("missing programs; install them and start again:\n  sudo apt-get install --no-install-recommends %s\n(other distributions: PostgreSQL 15 or newer with its contrib modules, and Redis 7 or Valkey)",
			strings.Join(missing, " "))
	}
	i.say("installing %s with apt", strings.Join(missing, ", "))
	for _, args := range [][]string{{"update", "-qq"}, append([]string{"install", "-y", "-qq", "--no-install-recommends"}, missing...)} {
		cmd := exec.CommandContext(ctx, i.aptGet, args...)
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return found, fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	if found, missing = i.look(); len(missing) > 0 {
		return found, errors.New("apt has installed " + strings.Join(missing, ", ") + ", but their programs are not where they belong")
	}
	return found, nil
}

func lookServers() (found servers, missing []string) {
	for _, dir := range postgresDirectories() {
		if isExecutable(filepath.Join(dir, "initdb")) && isExecutable(filepath.Join(dir, "postgres")) {
			found.postgres = dir
			break
		}
	}
	if found.postgres == "" {
		missing = append(missing, "postgresql")
	}
	for _, name := range []string{"redis-server", "valkey-server"} {
		if path, err := exec.LookPath(name); err == nil {
			found.redis = path
			break
		}
	}
	if found.redis == "" {
		missing = append(missing, "redis-server")
	}
	return found, missing
}

func isExecutable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir() && info.Mode()&0o111 != 0
}
