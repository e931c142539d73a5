package installers

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/proto/setup"
)

// setupName is the program that installs on Windows, in the directory of the agent binaries. Built for 386 it runs on every Windows.
const setupName = "gueen-setup-windows.exe"

// Program is a Windows installer to download; whoever got it closes it.
type Program struct {
	io.ReadCloser
	Size int64
}

// Setup returns the Windows installer of an installation: the program, and behind it what it installs (rest-2.md §4.4).
func (r *Releases) Setup(i Install) (Program, error) {
	trailer, err := setup.Trailer(setup.Package{
		API: i.API, ClientID: i.ClientID, SiteID: i.SiteID, AgentType: i.AgentType, Token: i.Token, URL: i.URL, SHA256: i.SHA256,
		FileName: FileName(i.Plat, i.Goarch), Power: i.Power, RDP: i.RDP, Ping: i.Ping,
	})
	if err != nil {
		return Program{}, err
	}
	file, err := os.Open(filepath.Join(r.dir, setupName))
	if errors.Is(err, fs.ErrNotExist) || r.dir == "" {
		return Program{}, fault.Refused("This server has no Windows package to build the installer from. Install with a script from Agents > Install instead.")
	}
	if err != nil {
		return Program{}, fmt.Errorf("open setup program: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		return Program{}, errors.Join(fmt.Errorf("open setup program: %w", err), file.Close())
	}
	both := io.MultiReader(io.LimitReader(file, info.Size()), bytes.NewReader(trailer))
	return Program{ReadCloser: struct {
		io.Reader
		io.Closer
	}{both, file}, Size: info.Size() + int64(len(trailer))}, nil
}
