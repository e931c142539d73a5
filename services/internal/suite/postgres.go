package suite

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/schema"
)

// databaseName is the name of the database and of its owner.
const databaseName = "gueen"

// servicesRole is the role as which the services work in the database. It owns nothing: of the audit log it may only read and
// add rows (docs/decisions/2026-11-25-append-only-audit.md).
const servicesRole = "gueen_services"

// databaseURL returns the address of the suite's database for its owner.
func (s *Suite) databaseURL() string { return s.databaseAs(databaseName, s.secrets.PostgresPassword) }

// servicesURL returns the address of the suite's database for the services.
func (s *Suite) servicesURL() string { return s.databaseAs(servicesRole, s.secrets.ServicesPassword) }

func (s *Suite) databaseAs(role, password string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password),
		Host: local(s.opts.Ports.Postgres), Path: databaseName, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// preparePostgres makes the cluster when there is none and returns how to run it.
func (s *Suite) preparePostgres(ctx context.Context) (command, error) {
	account, err := databaseAccount(ctx)
	if err != nil {
		return command{}, err
	}
	dir, err := databaseDirectory(ctx, s.dir, account)
	if err != nil {
		return command{}, err
	}
	data := filepath.Join(dir, "data")
	left, err := putAside(s.dir, data)
	if err != nil {
		return command{}, err
	}
	if left != "" {
		s.say("the database of the directory that was here before is put aside: delete %s when nobody needs it", left)
	}
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		s.say("making the database cluster")
		if err := s.initCluster(ctx, dir, data, account); err != nil {
			return command{}, err
		}
	}
	args := []string{"-D", data, "-p", strconv.Itoa(s.opts.Ports.Postgres)}
	for _, setting := range s.postgresSettings() {
		args = append(args, "-c", setting)
	}
	return command{
		name: "postgres", path: filepath.Join(s.servers.postgres, "postgres"), args: args, dir: dir, user: account,
		env: []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}, stopSignal: syscall.SIGINT, ready: s.pingPostgres,
	}, nil
}

func (s *Suite) postgresSettings() []string {
	settings := []string{
		"listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "shared_buffers=128MB",
		"log_line_prefix=%m [%p] %a ", "timezone=UTC", "log_timezone=UTC", "checkpoint_timeout=15min", "max_wal_size=1GB",
	}
	if !s.opts.Durable { // commits still reach the operating system at once, so that kill -9 loses nothing
		settings = append(settings, "fsync=off", "full_page_writes=off")
	}
	return settings
}

// initCluster makes a cluster whose superuser is the owner of the database. Only this machine reaches it.
func (s *Suite) initCluster(ctx context.Context, dir, data string, account *syscall.Credential) error {
	if err := os.RemoveAll(data); err != nil { // what an interrupted initdb left would be refused
		return fmt.Errorf("remove half-made cluster: %w", err)
	}
	password := filepath.Join(dir, "password")
	if err := os.WriteFile(password, []byte(s.secrets.PostgresPassword), 0o600); err != nil {
		return fmt.Errorf("write database password: %w", err)
	}
	defer os.Remove(password) //nolint:errcheck // removed below too; here for early returns
	if account != nil {
		if err := os.Chown(password, int(account.Uid), int(account.Gid)); err != nil {
			return fmt.Errorf("give database password to its user: %w", err)
		}
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.servers.postgres, "initdb"), "-D", data, "-U", databaseName, "--pwfile", password,
		"--auth=scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	cmd.Dir, cmd.Env = dir, []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// pingPostgres connects to the maintenance database: the suite's own may not exist yet.
func (s *Suite) pingPostgres(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.maintenanceURL())
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

func (s *Suite) maintenanceURL() string {
	return strings.Replace(s.databaseURL(), "/"+databaseName+"?", "/postgres?", 1)
}

// migrate makes the database when there is none and brings its schema up to this build.
func (s *Suite) migrate(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, s.maintenanceURL())
	if err != nil {
		return fmt.Errorf("connect to make the database: %w", err)
	}
	var exists bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", databaseName).Scan(&exists)
	if err == nil && !exists {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+databaseName)
	}
	if cerr := conn.Close(ctx); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("make the database: %w", err)
	}
	pool, err := pgxpool.New(ctx, s.databaseURL())
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer pool.Close()
	applied, err := schema.Migrate(ctx, pool)
	if err != nil {
		return err
	}
	if len(applied) > 0 {
		s.say("migrations applied: %d", len(applied))
	}
	return s.grant(ctx, pool)
}

// grant makes the services' role when there is none and lets it run the services.
func (s *Suite) grant(ctx context.Context, pool *pgxpool.Pool) error {
	var exists bool
	if err := pool.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", servicesRole).Scan(&exists); err != nil {
		return fmt.Errorf("look for the services' role: %w", err)
	}
	if !exists { // the password has letters and digits only
		if _, err := pool.Exec(ctx, "CREATE ROLE "+servicesRole+" LOGIN PASSWORD '"+s.secrets.ServicesPassword+"'"); err != nil {
			return fmt.Errorf("make the services' role: %w", err)
		}
	}
	return schema.Grant(ctx, pool, servicesRole)
}
