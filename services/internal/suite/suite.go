// Package suite runs the whole product on this machine: Postgres and Redis of the distribution, nats-server, the services,
// the web app and an agent, each as a supervised process with its data and log in one directory. `rmmctl suite run` is its
// command line; end-to-end, conformance and recovery tests use it as a library.
package suite

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// loopback is where everything listens but the web app.
const loopback = "127.0.0.1"

// readyWithin bounds the wait for each group of processes.
const readyWithin = 4 * time.Minute

// Suite is a running suite.
type Suite struct {
	opts    Options
	dir     string
	bin     string
	secrets *secrets
	servers servers
	spawn   *spawner
	http    *http.Client
	lock    *os.File
	ports   claims

	sayMu sync.Mutex

	mu        sync.Mutex
	processes []*Process // in order of start
}

// Start brings everything up and returns when it is ready. On an error nothing is left running.
func Start(ctx context.Context, opts Options) (*Suite, error) {
	s, err := prepare(ctx, opts)
	if err != nil {
		return nil, err
	}
	if err := s.startAll(ctx); err != nil {
		return nil, errors.Join(err, s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// prepare makes the directory and settles everything that is decided before a process starts.
func prepare(ctx context.Context, opts Options) (_ *Suite, err error) {
	opts = opts.withDefaults()
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	s := &Suite{opts: opts, http: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
	if s.dir, err = filepath.Abs(opts.Dir); err != nil {
		return nil, fmt.Errorf("directory of the suite: %w", err)
	}
	if s.bin, err = filepath.Abs(opts.Bin); err != nil {
		return nil, fmt.Errorf("directory of the programs: %w", err)
	}
	if s.opts.Web, err = filepath.Abs(opts.Web); err != nil {
		return nil, fmt.Errorf("directory of the web app: %w", err)
	}
	if err := s.claim(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.ports.Close(), s.lock.Close())
		}
	}()
	if s.ports, err = s.opts.Ports.settle(ctx, s.dir); err != nil {
		return nil, err
	}
	if err := s.opts.Ports.checkFree(ctx, s.dir); err != nil {
		return nil, err
	}
	if s.secrets, err = loadSecrets(s.dir); err != nil {
		return nil, err
	}
	if s.servers, err = s.installer().servers(ctx); err != nil {
		return nil, err
	}
	s.spawn = newSpawner()
	return s, nil
}

// claim makes the directory and takes its lock, so that two runners never share it.
func (s *Suite) claim(ctx context.Context) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("make directory of the suite: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("lock directory of the suite: %w", err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.Join(fmt.Errorf("a suite runs in %s already (choose another directory with --dir)", s.dir), lock.Close())
	}
	s.lock = lock
	if s.opts.Fresh {
		if err := s.discard(ctx); err != nil {
			return errors.Join(err, lock.Close())
		}
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "log"), 0o700); err != nil {
		return errors.Join(fmt.Errorf("make log directory: %w", err), lock.Close())
	}
	return nil
}

// discard removes everything of an earlier run but the lock and the ports.
func (s *Suite) discard(ctx context.Context) error {
	account, err := databaseAccount(ctx)
	if err != nil {
		return err
	}
	database, err := databaseDirectory(ctx, s.dir, account)
	if err != nil {
		return err
	}
	for _, path := range []string{
		database, filepath.Join(s.dir, "redis"), filepath.Join(s.dir, "nats"), filepath.Join(s.dir, "agent"),
		filepath.Join(s.dir, "log"), filepath.Join(s.dir, "secrets.json"), filepath.Join(s.dir, "access.json"),
	} {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("throw data away: %w", err)
		}
	}
	return nil
}

func (s *Suite) startAll(ctx context.Context) error {
	began := time.Now()
	if err := s.startServers(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx); err != nil {
		return err
	}
	if err := s.ensureAdministrator(ctx); err != nil {
		return err
	}
	if err := s.startServices(ctx); err != nil {
		return err
	}
	if !s.opts.NoAgent {
		if err := s.startAgent(ctx); err != nil {
			return err
		}
	}
	if err := writeJSON(filepath.Join(s.dir, "access.json"), s.Access()); err != nil {
		return err
	}
	s.say("ready in %s", time.Since(began).Round(100*time.Millisecond))
	return nil
}

// startServers starts what comes from elsewhere and waits for it.
func (s *Suite) startServers(ctx context.Context) error {
	postgres, err := s.preparePostgres(ctx)
	if err != nil {
		return err
	}
	redis, err := s.prepareRedis()
	if err != nil {
		return err
	}
	nats, err := s.prepareNATS()
	if err != nil {
		return err
	}
	return s.startGroup(ctx, postgres, redis, nats)
}

func (s *Suite) startServices(ctx context.Context) error {
	var group []command
	for _, name := range serviceNames() {
		c, err := s.prepareService(ctx, name)
		if err != nil {
			return err
		}
		group = append(group, c)
	}
	return s.startGroup(ctx, group...)
}

// startGroup starts processes together and waits until all are ready.
func (s *Suite) startGroup(ctx context.Context, group ...command) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyWithin, fmt.Errorf("not ready within %s", readyWithin))
	defer cancel()
	var started []*Process
	for _, c := range group {
		p := &Process{spec: c, logPath: filepath.Join(s.dir, "log", c.name+".log"), spawn: s.spawn, say: s.say}
		if err := p.Up(); err != nil {
			return err
		}
		s.mu.Lock()
		s.processes = append(s.processes, p)
		s.mu.Unlock()
		started = append(started, p)
	}
	for _, p := range started {
		if err := p.WaitReady(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Process returns a process by name: postgres, redis, nats-server, a service, or agent. It is nil for other names.
func (s *Suite) Process(name string) *Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.processes {
		if p.spec.name == name {
			return p
		}
	}
	return nil
}

// Processes returns all processes in order of start.
func (s *Suite) Processes() []*Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.processes)
}

// Stop ends all processes in reverse order of start.
func (s *Suite) Stop(ctx context.Context) error {
	var errs []error
	for _, p := range slices.Backward(s.Processes()) {
		errs = append(errs, p.Down(ctx))
	}
	s.spawn.close()
	if s.opts.Ephemeral {
		errs = append(errs, s.discard(ctx))
	}
	return errors.Join(append(errs, s.ports.Close(), s.lock.Close())...)
}

// Dir returns the directory of the suite.
func (s *Suite) Dir() string { return s.dir }

// DatabaseURL returns the address of the suite's database, for tests.
func (s *Suite) DatabaseURL() string { return s.databaseURL() }

// local is an address that only this machine reaches.
func local(port int) string { return net.JoinHostPort(loopback, strconv.Itoa(port)) }

// origin is the one address of everything a browser or an agent uses.
func (s *Suite) origin() string {
	if s.opts.PublicURL != "" {
		return strings.TrimSuffix(s.opts.PublicURL, "/")
	}
	return "http://" + net.JoinHostPort(s.opts.Host, strconv.Itoa(s.opts.Ports.Web))
}

func (s *Suite) say(format string, args ...any) {
	s.sayMu.Lock()
	defer s.sayMu.Unlock()
	fmt.Fprintf(s.opts.Output, format+"\n", args...)
}
