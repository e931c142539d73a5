package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// settings of the private cluster: nothing has to survive a crash of the machine, many tests run at once.
const settings = `
listen_addresses = ''
max_connections = 500
shared_buffers = 128MB
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 512MB
checkpoint_timeout = 1h
autovacuum = off
jit = off
timezone = '` + TimeZone + `'
log_timezone = 'UTC'
log_min_messages = fatal
`

// cluster is the private PostgreSQL of a user's test processes.
type cluster struct {
	bin   string // directory of initdb and pg_ctl
	state string // holds data/, the socket and the locks
	owner *syscall.Credential
}

// findCluster looks for the binaries and decides who owns the server: PostgreSQL refuses to run as root.
func findCluster() (*cluster, error) {
	bin, err := findBinaries()
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, state: stateDirectory()}
	if os.Getuid() != 0 {
		return c, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, errUID := strconv.ParseUint(u.Uid, 10, 32)
			gid, errGID := strconv.ParseUint(u.Gid, 10, 32)
			if err := errors.Join(errUID, errGID); err != nil {
				return nil, fmt.Errorf("ids of user %s: %w", name, err)
			}
			c.owner = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return c, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root and there is neither a user postgres nor nobody")
}

// findBinaries prefers the newest installed version; initdb is often not in the path.
func findBinaries() (string, error) {
	var found []string
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/initdb", "/usr/pgsql-*/bin/initdb", "/opt/homebrew/opt/postgresql@*/bin/initdb"} {
		matches, err := filepath.Glob(pattern)
		if err != nil {
			return "", fmt.Errorf("look for initdb: %w", err)
		}
		found = append(found, matches...)
	}
	sort.Strings(found)
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("initdb not found: install PostgreSQL 15 or newer with its contrib package (apt install postgresql postgresql-contrib) or set " + urlVariable)
	}
	return filepath.Dir(path), nil
}

func (c *cluster) dir() string  { return filepath.Join(c.state, "pg") }
func (c *cluster) data() string { return filepath.Join(c.dir(), "data") }

// url is the address of the maintenance database, over the unix socket.
func (c *cluster) url() string {
	return "postgres:///postgres?" + url.Values{"host": {c.dir()}, "user": {"postgres"}}.Encode()
}

// ensure starts the cluster unless it answers. The caller holds the start lock.
func (c *cluster) ensure(ctx context.Context) error {
	if c.answers(ctx) {
		return nil
	}
	if _, err := os.Stat(filepath.Join(c.data(), "PG_VERSION")); err != nil {
		if err := c.init(ctx); err != nil {
			return err
		}
	}
	if err := c.run(ctx, "pg_ctl", "start", "-w", "-t", "240", "-D", c.data(), "-l", filepath.Join(c.dir(), "log"),
		"-o", "-k "+c.dir()); err != nil {
		return err
	}
	return c.watch()
}

func (c *cluster) answers(ctx context.Context) bool {
	conn, err := pgx.Connect(ctx, c.url())
	if err != nil {
		return false
	}
	return conn.Close(ctx) == nil
}

func (c *cluster) init(ctx context.Context) error {
	// What an interrupted initdb left would be refused.
	if err := os.RemoveAll(c.dir()); err != nil {
		return fmt.Errorf("remove half-made cluster: %w", err)
	}
	if err := os.MkdirAll(c.dir(), 0o755); err != nil {
		return fmt.Errorf("make cluster directory: %w", err)
	}
	if c.owner != nil {
		if err := os.Chown(c.dir(), int(c.owner.Uid), int(c.owner.Gid)); err != nil {
			return fmt.Errorf("give cluster directory to its user: %w", err)
		}
	}
	if err := c.run(ctx, "initdb", "-D", c.data(), "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(c.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("open postgresql.conf: %w", err)
	}
	_, err = f.WriteString(settings)
	return closeInto(f, err)
}

// run runs a program of PostgreSQL as the owner of the cluster. Its output goes to a file and not to a pipe: the server
// inherits it and would keep the pipe open for ever.
func (c *cluster) run(ctx context.Context, program string, args ...string) error {
	out, err := os.Create(filepath.Join(c.state, program+".out"))
	if err != nil {
		return fmt.Errorf("make output file of %s: %w", program, err)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(c.bin, program), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = c.dir(), out, out
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	// A session of its own: ending the tests with Ctrl-C must not end the server under others.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: c.owner}
	err = cmd.Run()
	if err = closeInto(out, err); err == nil {
		return nil
	}
	text, reading := os.ReadFile(out.Name())
	return errors.Join(fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(string(text))), reading)
}

// watchdog waits until no test process has used the cluster for its idle time (in seconds), then stops and removes it. It
// takes the same locks in the same order as a starting test process.
const watchdog = `
idle=0
while kill -0 "$(head -n 1 "$1/pg/data/postmaster.pid" 2>/dev/null)" 2>/dev/null; do
	sleep 15
	if flock -n -x "$1/use.lock" true; then idle=$((idle + 15)); else idle=0; fi
	[ "$idle" -ge "$2" ] || continue
	flock -x "$1/start.lock" flock -n -x "$1/use.lock" sh -c '
		kill -INT "$(head -n 1 "$0/pg/data/postmaster.pid")"
		while [ -e "$0/pg/data/postmaster.pid" ]; do sleep 1; done
		rm -rf "$0/pg"' "$1" || idle=0
done
`

// idleSeconds is how long the cluster waits for another test process.
const idleSeconds = 900

// watch starts the watchdog. It is a shell script, as it must outlive the test process; where there is no flock command
// the cluster stays until `make test-stop`.
func (c *cluster) watch() error {
	if _, err := exec.LookPath("flock"); err != nil {
		return nil //nolint:nilerr // see above: it is stopped by hand then
	}
	cmd := exec.Command("sh", "-c", watchdog, "gueen-test-watchdog", c.state, strconv.Itoa(idleSeconds))
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start watchdog: %w", err)
	}
	return cmd.Process.Release()
}
