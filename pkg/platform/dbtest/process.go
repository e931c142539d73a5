package dbtest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
)

// urlVariable names another server than the private cluster.
const urlVariable = "GUEEN_TEST_DATABASE_URL"

// stateVariable names the directory of the private cluster.
const stateVariable = "GUEEN_TEST_STATE"

// process is what the tests of one process share. It is the one variable of the package: its lock must be held until the
// process ends, which no test can see.
var process processState

type processState struct {
	clones atomic.Int64

	mu     sync.Mutex
	admin  string
	inUse  *os.File        // shared lock that tells the watchdog that this process lives
	hashes map[string]bool // templates known to exist
}

// url returns the address of the maintenance database; the first call of a process starts the cluster if need be.
func (p *processState) url(ctx context.Context) (admin string, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.admin != "" {
		return p.admin, nil
	}
	if url := os.Getenv(urlVariable); url != "" {
		p.admin = url
		return url, nil
	}
	c, err := findCluster()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(c.state, 0o755); err != nil {
		return "", fmt.Errorf("make state directory: %w", err)
	}
	starting, err := lockFile(filepath.Join(c.state, "start.lock"), syscall.LOCK_EX)
	if err != nil {
		return "", err
	}
	defer func() { err = closeInto(starting, err) }()
	if err := c.ensure(ctx); err != nil {
		return "", err
	}
	// Taken before the start lock goes: the watchdog stops the cluster only when it gets both.
	if p.inUse, err = lockFile(filepath.Join(c.state, "use.lock"), syscall.LOCK_SH); err != nil {
		return "", err
	}
	if err := dropLeftovers(ctx, c.url()); err != nil {
		return "", err
	}
	p.admin = c.url()
	return p.admin, nil
}

func (p *processState) hasTemplate(hash string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.hashes[hash]
}

func (p *processState) addTemplate(hash string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.hashes == nil {
		p.hashes = map[string]bool{}
	}
	p.hashes[hash] = true
}

// memory is a file system in memory: cloning a database makes some 700 files, which takes 30 ms there and up to ten times as
// long on a busy disk.
const memory = "/dev/shm"

// memoryNeeded is the free space that the cluster and the databases of many tests at once ask for.
const memoryNeeded = 3 << 30

// stateDirectory is where the cluster of this user lies.
func stateDirectory() string {
	if dir := os.Getenv(stateVariable); dir != "" {
		return dir
	}
	name := "gueen-test-" + strconv.Itoa(os.Getuid())
	inMemory := filepath.Join(memory, name)
	// Once it is there it is used, so that all processes agree while the free space changes.
	if _, err := os.Stat(inMemory); err == nil || free(memory) >= memoryNeeded {
		return inMemory
	}
	return filepath.Join(os.TempDir(), name)
}

// free is the free space of a file system in bytes; 0 when it cannot be told.
func free(path string) uint64 {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(path, &fs); err != nil {
		return 0
	}
	return fs.Bavail * uint64(fs.Bsize)
}

// lockFile opens a file and waits for the lock; the kernel gives it back when the file is closed or the process dies.
func lockFile(path string, how int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := syscall.Flock(int(f.Fd()), how); err != nil {
		return nil, closeInto(f, fmt.Errorf("lock %s: %w", path, err))
	}
	return f, nil
}

func closeInto(f *os.File, err error) error {
	if closing := f.Close(); err == nil && closing != nil {
		return closing
	}
	return err
}
