package results_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/results"
)

func FuzzDecodeHistory(f *testing.F) {
	for _, seed := range []string{
		`{"results":"x\u0000"}`, `{"script_results":{"stdout":"","stderr":"","retcode":0,"execution_time":0.75,"id":3}}`, `{"script_results":{}}`, `{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := results.DecodeHistory(body, 7)
		if err != nil {
			require.ErrorIs(t, err, results.ErrHistory)
			return
		}
		if r.Script != nil {
			var kept map[string]any
			require.NoError(t, json.Unmarshal(r.Script, &kept))
			require.Len(t, kept, 5)
			require.EqualValues(t, 7, kept["id"])
		}
	})
}
