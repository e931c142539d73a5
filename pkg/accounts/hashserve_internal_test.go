package accounts

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzServeHashes feeds the pipe: nothing panics, and nothing but a hash comes back.
func FuzzServeHashes(f *testing.F) {
	f.Add([]byte(`{"password":"eA==","salt":"AAAAAAAAAAA=","cost":{"memory":64,"passes":1,"lanes":1},"bytes":32}`))
	f.Add([]byte(`{"cost":{"memory":4294967295,"passes":1,"lanes":1}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.Contains(line, []byte("memory")) && len(line) > 150 {
			return
		}
		var out bytes.Buffer
		if err := serveHashes(bytes.NewReader(append(line, '\n')), &out); err != nil {
			require.Empty(t, out.String())
		}
	})
}
