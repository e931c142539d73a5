package suite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// databaseAccount returns the operating-system user the database runs as: Postgres refuses to run as root. nil means "as
// we are".
func databaseAccount(ctx context.Context) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no switch of user
	}
	u, err := user.Lookup("postgres")
	var unknown user.UnknownUserError
	if errors.As(err, &unknown) {
		out, aerr := exec.CommandContext(ctx, "useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", "postgres").CombinedOutput()
		if aerr != nil {
			return nil, fmt.Errorf("make user postgres: %w: %s", aerr, out)
		}
		u, err = user.Lookup("postgres")
	}
	if err != nil {
		return nil, fmt.Errorf("look up user postgres: %w", err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user postgres: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("user postgres: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

// databaseDirectory returns a directory for the cluster that the account can reach: inside dir, or, when a directory above
// it is closed to others (a checkout below /root), in a place of its own whose name is made from dir.
func databaseDirectory(ctx context.Context, dir string, account *syscall.Credential) (string, error) {
	inside := filepath.Join(dir, "postgres")
	if account == nil {
		return inside, os.MkdirAll(inside, 0o700)
	}
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // others may pass through, not look
		return "", fmt.Errorf("open directory to the database's user: %w", err)
	}
	probe := exec.CommandContext(ctx, "test", "-x", dir)
	probe.Dir = "/"
	probe.SysProcAttr = &syscall.SysProcAttr{Credential: account}
	if probe.Run() != nil {
		sum := sha256.Sum256([]byte(dir))
		inside = filepath.Join("/var/tmp", "gueen-run-"+hex.EncodeToString(sum[:6]))
	}
	if err := os.MkdirAll(inside, 0o700); err != nil {
		return "", fmt.Errorf("make database directory: %w", err)
	}
	if err := os.Chown(inside, int(account.Uid), int(account.Gid)); err != nil {
		return "", fmt.Errorf("give database directory to its user: %w", err)
	}
	return inside, nil
}

// putAside moves a cluster out of the way that belonged to an earlier directory of this name, and returns where it is; "" when it is
// this directory's. Only a cluster outside of the directory can outlive it: whoever deletes the directory deletes the password
// with it, and the next start would wait for a database that refuses it. The lock is made with the directory and before the cluster.
func putAside(dir, data string) (where string, err error) {
	if filepath.Dir(data) == filepath.Join(dir, "postgres") {
		return "", nil
	}
	cluster, err := os.Stat(filepath.Join(data, "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("look at the database: %w", err)
	}
	lock, err := os.Stat(filepath.Join(dir, "lock"))
	if err != nil {
		return "", fmt.Errorf("look at the directory of the suite: %w", err)
	}
	if !lock.ModTime().After(cluster.ModTime()) {
		return "", nil
	}
	where = data + "-until-" + lock.ModTime().UTC().Format("20060102T150405")
	if err := os.Rename(data, where); err != nil {
		return "", fmt.Errorf("put the database of a deleted directory aside: %w", err)
	}
	return where, nil
}
