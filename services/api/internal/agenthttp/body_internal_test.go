package agenthttp

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestShortMembers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(`\"x`, maxKept)
	got, err := shortMembers(iotest.OneByteReader(strings.NewReader(` { "id" : 5, "stdout":"` + long + `","n":null,"o":{"a":[1,"}"]},"z":-1.5e3}  trailing`)))
	require.NoError(t, err)
	require.Equal(t, map[string]json.RawMessage{
		"id": json.RawMessage("5"), "stdout": nil, "n": json.RawMessage("null"), "o": json.RawMessage(`{"a":[1,"}"]}`), "z": json.RawMessage("-1.5e3"),
	}, got)
	got, err = shortMembers(strings.NewReader("{}"))
	require.NoError(t, err)
	require.Empty(t, got)
	for _, bad := range []string{"", "[", "{", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,}`, `{"a":1 "b":2}`, `{a:1}`, `{"a":nope}`, `{"a":"x}`, `{"a":[}`, `{,}`} {
		_, err := shortMembers(strings.NewReader(bad))
		require.ErrorIs(t, err, errBody, bad)
	}
	_, err = shortMembers(io.MultiReader(strings.NewReader(`{"a":`), iotest.ErrReader(io.ErrClosedPipe)))
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

func FuzzShortMembers(f *testing.F) {
	for _, seed := range []string{`{"id":5,"agent_id":"a","stdout":"x\"y"}`, `{"log":[{"a":1},[]],"x":true}`, `{"a":{}}`, `{`, `null`, `{"a":1}{`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := shortMembers(bytes.NewReader(body))
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if !json.Valid(body) || json.Unmarshal(body, &want) != nil || len(body) > maxKept {
			return // more may pass than is JSON; what is kept is JSON all the same
		}
		for k, v := range got {
			if v != nil {
				require.JSONEq(t, string(want[k]), string(v))
			}
		}
	})
}
