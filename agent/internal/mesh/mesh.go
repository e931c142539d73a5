// Package mesh deals with the separately installed remote-desktop agent: its node id and its recovery.
package mesh

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	nodeIDLimit  = 30 * time.Second
	restartLimit = 60 * time.Second
)

// ErrNotInstalled means that there is no remote-desktop agent on this machine.
var ErrNotInstalled = errors.New("remote-desktop agent is not installed")

// Server takes the node id.
type Server interface {
	SyncMesh(ctx context.Context, nodeID string) error
}

// Agent is the remote-desktop agent of this machine.
type Agent struct {
	dir    string // custom directory, empty for the default places
	server Server
}

// New makes the handle; dir may be empty.
func New(dir string, server Server) *Agent { return &Agent{dir: dir, server: server} }

// NodeID asks the program for its id, in hex.
func (a *Agent) NodeID(ctx context.Context) (string, error) {
	path, err := a.program()
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, nodeIDLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, "-nodeid").Output()
	if err != nil {
		return "", fmt.Errorf("ask for the node id: %w", err)
	}
	id := strings.TrimSpace(string(out))
	if _, err := hex.DecodeString(id); err != nil || id == "" {
		return "", errors.New("ask for the node id: the answer is no id")
	}
	return id, nil
}

// Sync reports the node id. An agent without a remote-desktop agent reports nothing, because an empty id would replace a
// known one on servers that store whatever comes.
func (a *Agent) Sync(ctx context.Context) error {
	id, err := a.NodeID(ctx)
	if err != nil {
		return err
	}
	return a.server.SyncMesh(ctx, id)
}

// Recover restarts the service and reports the node id (agent-protocol.md §6.5).
func (a *Agent) Recover(ctx context.Context) error {
	if _, err := a.program(); err != nil {
		return err
	}
	rctx, cancel := context.WithTimeout(ctx, restartLimit)
	defer cancel()
	if err := restart(rctx); err != nil {
		return fmt.Errorf("restart the remote-desktop agent: %w", err)
	}
	return a.Sync(ctx)
}

func (a *Agent) program() (string, error) {
	places := defaultPlaces()
	if a.dir != "" {
		places = append([]string{filepath.Join(a.dir, filepath.Base(places[0]))}, places...)
	}
	for _, p := range places {
		if info, err := os.Stat(p); err == nil && info.Mode().IsRegular() {
			return p, nil
		}
	}
	return "", ErrNotInstalled
}
