// Package suitetest builds what a suite runs, for the tests that start one.
package suitetest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// Programs builds the programs and returns a directory with them that stays as it is until the test ends: a build for
// another test, or one by hand, does not exchange them under a running suite. Tests of several packages may ask at once.
func Programs(t *testing.T) (bin string) {
	t.Helper()
	root := root(t)
	shared := filepath.Join(root, "bin")
	require.NoError(t, os.MkdirAll(shared, 0o750))
	lock, err := os.OpenFile(filepath.Join(shared, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	require.NoError(t, err)
	defer func() { require.NoError(t, lock.Close()) }()
	require.NoError(t, syscall.Flock(int(lock.Fd()), syscall.LOCK_EX))
	// The variables of a make that runs the tests are not for the build.
	build := exec.CommandContext(t.Context(), "env", "-u", "MAKEFLAGS", "-u", "MFLAGS", "-u", "MAKELEVEL", "make", "-C", root, "programs")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)
	// Beside the programs and not in t.TempDir(), which may be on another file system, where there are no hard links.
	bin, err = os.MkdirTemp(shared, ".test-")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(bin)) })
	require.NoError(t, filepath.WalkDir(shared, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(shared, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && name != "." && name != "agents":
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(bin, name), 0o750)
		case !entry.Type().IsRegular() || filepath.Base(name)[0] == '.':
			return nil
		}
		return place(path, filepath.Join(bin, name))
	}))
	return bin
}

// Web returns the directory of the built web app, which it builds only when it is missing: its sources change more often
// than what the tests ask of it.
func Web(t *testing.T) (dist string) {
	t.Helper()
	dist = filepath.Join(root(t), "services", "web", "dist")
	_, err := os.Stat(filepath.Join(dist, "index.html"))
	if errors.Is(err, fs.ErrNotExist) {
		out, berr := exec.CommandContext(t.Context(), "env", "-u", "MAKEFLAGS", "-u", "MFLAGS", "-u", "MAKELEVEL", "make", "-C", root(t), "web-dist").CombinedOutput()
		require.NoError(t, berr, "%s", out)
		return dist
	}
	require.NoError(t, err)
	return dist
}

// root is the directory of the repository: the first above the test's that holds go.work.
func root(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		require.NotEqual(t, above, dir, "no go.work above the test")
		dir = above
	}
}

// place makes the second name for the file, or a copy where the file system has no hard links.
func place(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(filepath.Clean(from))
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // only read
	out, err := os.OpenFile(filepath.Clean(to), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
