package setup_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/setup"
)

func sample() setup.Package {
	return setup.Package{
		API: "https://api.example.com", ClientID: 1, SiteID: 2, AgentType: "server", Token: strings.Repeat("ab", 32), SHA256: strings.Repeat("0f", 32),
		URL: "https://api.example.com/v1/downloads/agent/windows/amd64", FileName: "tacticalagent-v2.11.0-windows-amd64.exe", RDP: true,
	}
}

func TestAProgramCarriesItsPackage(t *testing.T) {
	t.Parallel()
	trailer, err := setup.Trailer(sample())
	require.NoError(t, err)
	file := append([]byte("MZ the program"), trailer...)
	got, err := setup.Read(bytes.NewReader(file), int64(len(file)))
	require.NoError(t, err)
	require.Equal(t, sample(), got)
	for _, none := range [][]byte{nil, []byte("MZ"), file[:len(file)-1], append(file, 0), bytes.Repeat([]byte("x"), 100)} {
		_, err := setup.Read(bytes.NewReader(none), int64(len(none)))
		require.ErrorIs(t, err, setup.ErrNone)
	}
}

func TestAPackageIsChecked(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(p *setup.Package){
		"file address": func(p *setup.Package) { p.URL = "file:///c:/x.exe" }, "no address": func(p *setup.Package) { p.API = "" },
		"no site": func(p *setup.Package) { p.SiteID = 0 }, "type": func(p *setup.Package) { p.AgentType = "server --api x" },
		"token": func(p *setup.Package) { p.Token = `x" --api evil` }, "no checksum": func(p *setup.Package) { p.SHA256 = "" },
		"path": func(p *setup.Package) { p.FileName = `..\..\evil.exe` }, "script": func(p *setup.Package) { p.FileName = "evil.bat" },
	} {
		p := sample()
		spoil(&p)
		_, err := setup.Trailer(p)
		require.Error(t, err, name)
	}
}

func FuzzRead(f *testing.F) {
	trailer, err := setup.Trailer(sample())
	require.NoError(f, err)
	f.Add(trailer)
	f.Add([]byte("\xff\xff\xff\xffGUEEN-SETUP-1\n"))
	f.Add([]byte("{}\x02\x00\x00\x00GUEEN-SETUP-1\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		p, err := setup.Read(bytes.NewReader(file), int64(len(file)))
		if err == nil {
			_, err = setup.Trailer(p)
			require.NoError(t, err)
		}
	})
}
