package simulate

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// identity is one enrolled agent.
type identity struct {
	Index   int    `json:"index"`
	AgentID string `json:"agent_id"`
	Token   string `json:"token"`
	PK      int64  `json:"pk"`
	Site    int64  `json:"site"`
}

// loadIdentities reads the state file: one JSON object per line, later lines win. A missing file is an empty fleet.
func loadIdentities(path string) (map[int]identity, error) {
	known := map[int]identity{}
	if path == "" {
		return known, nil
	}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return known, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	defer f.Close() //nolint:errcheck // read only
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		var id identity
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &id); err != nil {
			return nil, fmt.Errorf("read identities from %s: %w", path, err)
		}
		known[id.Index] = id
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read identities: %w", err)
	}
	return known, nil
}

// identityLog appends enrolled agents to the state file, which holds credentials and is readable by its owner only.
type identityLog struct{ f *os.File }

func openIdentityLog(path string) (*identityLog, error) {
	if path == "" {
		return &identityLog{}, nil
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("keep identities: %w", err)
	}
	return &identityLog{f: f}, nil
}

func (l *identityLog) add(id identity) error {
	if l.f == nil {
		return nil
	}
	line, err := json.Marshal(id)
	if err != nil {
		return fmt.Errorf("keep identity: %w", err)
	}
	if _, err := l.f.Write(append(line, '\n')); err != nil {
		return fmt.Errorf("keep identity: %w", err)
	}
	return nil
}

func (l *identityLog) close() error {
	if l.f == nil {
		return nil
	}
	return l.f.Close()
}
