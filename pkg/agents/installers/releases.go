package installers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// Releases serves agent binaries from a directory: gueen-agent-<plat>-<goarch>, with .exe for Windows.
type Releases struct {
	dir string
	api string // public base address of the api

	mu   sync.Mutex
	sums map[string]sum
}

// sum is a checksum and the state of the file it was taken of.
type sum struct {
	size    int64
	changed time.Time
	hex     string
}

// NewReleases returns the binaries of a directory, reachable under the api's public address.
func NewReleases(dir, api string) *Releases {
	return &Releases{dir: dir, api: strings.TrimSuffix(api, "/"), sums: map[string]sum{}}
}

// Binary is an open agent binary; whoever got it closes File.
type Binary struct {
	File   *os.File
	Name   string
	Size   int64
	SHA256 string // hex
}

// path keeps callers to the few platforms there are, whatever they ask for.
func (r *Releases) path(plat, goarch string) (string, bool) {
	switch plat {
	case "windows", "linux", "darwin":
	default:
		return "", false
	}
	switch goarch {
	case "amd64", "386", "arm64", "arm":
	default:
		return "", false
	}
	name := "gueen-agent-" + plat + "-" + goarch
	if plat == "windows" {
		name += ".exe"
	}
	return filepath.Join(r.dir, name), r.dir != ""
}

// Address is where the binary of a platform is downloaded, under the given base address ("": the public one).
func (r *Releases) Address(base, plat, goarch string) string {
	if base = strings.TrimSuffix(base, "/"); base == "" {
		base = r.api
	}
	return fmt.Sprintf("%s/v1/downloads/agent/%s/%s", base, plat, goarch)
}

// URL returns the public address of a binary; ok is false when there is none.
func (r *Releases) URL(plat, goarch string) (url string, ok bool) {
	path, ok := r.path(plat, goarch)
	if !ok {
		return "", false
	}
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", false
	}
	return r.Address("", plat, goarch), true
}

// Open opens a binary for download.
func (r *Releases) Open(plat, goarch string) (Binary, error) {
	path, ok := r.path(plat, goarch)
	if !ok {
		return Binary{}, fault.NotFound("Agent binary")
	}
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Binary{}, fault.NotFound("Agent binary")
	}
	if err != nil {
		return Binary{}, fmt.Errorf("open agent binary: %w", err)
	}
	digest, size, err := r.checksum(path, file)
	if err != nil {
		return Binary{}, errors.Join(fmt.Errorf("read agent binary: %w", err), file.Close())
	}
	return Binary{File: file, Name: filepath.Base(path), Size: size, SHA256: digest}, nil
}

// SHA256 returns the checksum of a binary, "" when there is none.
func (r *Releases) SHA256(plat, goarch string) (string, error) {
	b, err := r.Open(plat, goarch)
	if fault.KindOf(err) == fault.KindNotFound {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return b.SHA256, b.File.Close()
}

// checksum hashes a file once per state of it, and leaves it at its beginning.
func (r *Releases) checksum(path string, file *os.File) (digest string, size int64, err error) {
	info, err := file.Stat()
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, errors.New("not a regular file")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.sums[path]; ok && known.size == info.Size() && known.changed.Equal(info.ModTime()) {
		return known.hex, known.size, nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", 0, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return "", 0, err
	}
	s := sum{size: info.Size(), changed: info.ModTime(), hex: hex.EncodeToString(h.Sum(nil))}
	r.sums[path] = s
	return s.hex, s.size, nil
}
