// Package setup is the form of the Windows installer of an install link (rest-2.md §4.4): one program for all links, and behind
// its last byte what it installs and where. Windows takes no notice of what follows a program in its file.
package setup

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
)

// Package says what to install.
type Package struct {
	API       string `json:"api"` // base address of the api
	ClientID  int32  `json:"client"`
	SiteID    int32  `json:"site"`
	AgentType string `json:"agent_type"` // server, workstation
	Token     string `json:"token"`      // with which the agent enrols
	URL       string `json:"url"`        // of the agent's own installer
	SHA256    string `json:"sha256"`     // of the agent's own installer, hex
	FileName  string `json:"file_name"`  // under which it is stored
	Power     bool   `json:"power"`
	RDP       bool   `json:"rdp"`
	Ping      bool   `json:"ping"`
}

// mark ends a file that carries a package. The length of the package's text, 32 bits little endian, stands before it.
const (
	mark    = "GUEEN-SETUP-1\n"
	maxText = 64 << 10
	tail    = 4 + len(mark)
)

// ErrNone says that a file carries no package.
var ErrNone = errors.New("the program carries nothing to install: download it from the install link")

// Trailer returns what makes the installer of a package of the program when it follows its last byte.
func Trailer(p Package) ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode setup package: %w", err)
	}
	if len(text) > maxText {
		return nil, fmt.Errorf("encode setup package: %d bytes are too many", len(text))
	}
	return append(binary.LittleEndian.AppendUint32(text, uint32(len(text))), mark...), nil
}

// Read returns the package that a file of the size carries, or ErrNone.
func Read(file io.ReaderAt, size int64) (Package, error) {
	if size < int64(tail) {
		return Package{}, ErrNone
	}
	end := make([]byte, tail)
	if _, err := file.ReadAt(end, size-int64(tail)); err != nil {
		return Package{}, fmt.Errorf("read setup package: %w", err)
	}
	length := int64(binary.LittleEndian.Uint32(end))
	if string(end[4:]) != mark || length > maxText || length > size-int64(tail) {
		return Package{}, ErrNone
	}
	text := make([]byte, length)
	if _, err := file.ReadAt(text, size-int64(tail)-length); err != nil {
		return Package{}, fmt.Errorf("read setup package: %w", err)
	}
	var p Package
	if err := json.Unmarshal(text, &p); err != nil {
		return Package{}, fmt.Errorf("read setup package: %w", err)
	}
	return p, p.check()
}

var (
	digest   = regexp.MustCompile(`^[0-9a-f]{64}$`)
	token    = regexp.MustCompile(`^[0-9A-Za-z._-]{1,512}$`)
	fileName = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z._-]{0,200}\.exe$`)
)

// check refuses what the installer would not be safe with.
func (p Package) check() error {
	for _, address := range []string{p.API, p.URL} {
		u, err := url.Parse(address)
		if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
			return fmt.Errorf("setup package: %q is no address", address)
		}
	}
	switch {
	case p.ClientID <= 0, p.SiteID <= 0:
		return errors.New("setup package: no client or site")
	case p.AgentType != "server" && p.AgentType != "workstation":
		return fmt.Errorf("setup package: %q is no type of agent", p.AgentType)
	case !token.MatchString(p.Token):
		return errors.New("setup package: no token")
	case !digest.MatchString(p.SHA256):
		return errors.New("setup package: no checksum")
	case !fileName.MatchString(p.FileName):
		return fmt.Errorf("setup package: %q is no name of a program", p.FileName)
	}
	return nil
}
