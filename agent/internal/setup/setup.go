// Package setup installs the agent on Windows from the installer of an install link: it downloads the agent's own installer,
// checks it, runs it and lets the agent enrol. It does nothing where an agent is installed already.
package setup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gueencode/gueenrmm/proto/setup"
)

// Limits.
const (
	tries           = 3
	downloadWithin  = 15 * time.Minute // of one try
	programWithin   = 15 * time.Minute // of one program that is run
	appearsWithin   = time.Minute      // the agent, after its installer ended
	excludeWithin   = time.Minute      // a virus scanner may be slow to answer
	maxInstaller    = 512 << 20        // bytes
	lookAgainBefore = 500 * time.Millisecond
)

// Host is the machine.
type Host interface {
	// Installed says whether an agent is there already.
	Installed(ctx context.Context) (bool, error)
	// Exclude keeps the virus scanner from the agent's files; it is a courtesy, whose failure is only told.
	Exclude(ctx context.Context) error
	// Run runs a program and waits for its end.
	Run(ctx context.Context, path string, args ...string) error
	// Agent is where the agent's program is once it is installed.
	Agent() string
}

// Installer installs.
type Installer struct {
	Host   Host
	Client *http.Client
	Temp   string        // directory for the download
	Pause  time.Duration // between tries of the download
	Say    func(format string, args ...any)
}

// Install does everything that a package asks for.
func (i Installer) Install(ctx context.Context, p setup.Package) error {
	there, err := i.Host.Installed(ctx)
	if err != nil {
		return fmt.Errorf("look for an agent: %w", err)
	}
	if there {
		i.Say("The agent is already installed.")
		return nil
	}
	i.exclude(ctx)
	dir, err := os.MkdirTemp(i.Temp, "gueen-setup-") // a name that nobody can have put something under
	if err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // what is left there harms nobody
	file := filepath.Join(dir, p.FileName)
	i.Say("Downloading the agent from %s", p.URL)
	if err := i.download(ctx, p, file); err != nil {
		return err
	}
	i.Say("Installing")
	if err := i.run(ctx, file, "/VERYSILENT", "/SUPPRESSMSGBOXES"); err != nil {
		return fmt.Errorf("run the agent's installer: %w", err)
	}
	if err := i.appears(ctx); err != nil {
		return err
	}
	i.Say("Connecting to %s", p.API)
	if err := i.run(ctx, i.Host.Agent(), arguments(p)...); err != nil {
		return fmt.Errorf("enrol the agent: %w", err)
	}
	i.Say("The agent is installed.")
	return nil
}

func (i Installer) exclude(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, excludeWithin)
	defer cancel()
	if err := i.Host.Exclude(ctx); err != nil {
		i.Say("Defender exclusions were not set: %v", err)
	}
}

// arguments are those of the agent's install mode (agent-protocol.md §6.2).
func arguments(p setup.Package) []string {
	args := []string{
		"-m", "install", "--api", p.API, "--client-id", strconv.Itoa(int(p.ClientID)), "--site-id", strconv.Itoa(int(p.SiteID)),
		"--agent-type", p.AgentType, "--auth", p.Token,
	}
	for _, flag := range []struct {
		on   bool
		name string
	}{{p.RDP, "--rdp"}, {p.Ping, "--ping"}, {p.Power, "--power"}} {
		if flag.on {
			args = append(args, flag.name)
		}
	}
	return args
}

func (i Installer) run(ctx context.Context, path string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, programWithin)
	defer cancel()
	return i.Host.Run(ctx, path, args...)
}

// download stores the agent's installer, if it is the one that the package names.
func (i Installer) download(ctx context.Context, p setup.Package, file string) (err error) {
	for try := 1; ; try++ {
		err = i.fetch(ctx, p, file)
		if err == nil || try == tries || errors.Is(err, errDamaged) {
			return err
		}
		i.Say("%v; trying again", err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(i.Pause):
		}
	}
}

var errDamaged = errors.New("the downloaded agent is damaged or not the one of the server")

func (i Installer) fetch(ctx context.Context, p setup.Package, file string) (err error) {
	ctx, cancel := context.WithTimeout(ctx, downloadWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL, nil)
	if err != nil {
		return fmt.Errorf("download the agent: %w", err)
	}
	resp, err := i.Client.Do(req)
	if err != nil {
		return fmt.Errorf("download the agent: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end, or given up
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("download the agent: the server answers %s", resp.Status)
	}
	out, err := os.OpenFile(file, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o700) //nolint:gosec // a program that is run
	if err != nil {
		return fmt.Errorf("store the agent: %w", err)
	}
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, sum), io.LimitReader(resp.Body, maxInstaller+1))
	if cerr := out.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		return fmt.Errorf("store the agent: %w", err)
	case n > maxInstaller, hex.EncodeToString(sum.Sum(nil)) != p.SHA256:
		return errDamaged
	}
	return nil
}

// appears waits for the agent's program: its installer may go on for a moment after it ended.
func (i Installer) appears(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, appearsWithin)
	defer cancel()
	look := time.NewTicker(lookAgainBefore)
	defer look.Stop()
	for {
		if info, err := os.Stat(i.Host.Agent()); err == nil && info.Mode().IsRegular() {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the agent's installer left no %s", i.Host.Agent())
		case <-look.C:
		}
	}
}
