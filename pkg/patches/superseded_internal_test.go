package patches

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSuperseded(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name    string
		updates []titled
		gone    []int64
	}{
		{"numbers, not text", []titled{{1, "KB1", "D (Version 1.10.0)"}, {2, "KB1", "D (Version 1.9.0)"}}, []int64{2}},
		{"longer is newer", []titled{{1, "KB1", "D (Version 1.2)"}, {2, "KB1", "D (Version 1.2.1)"}}, []int64{1}},
		{"same version keeps the newest row", []titled{{1, "KB1", "D (Version 1)"}, {2, "KB1", "D (Version 1)"}}, []int64{1}},
		{"a title without version protects its group", []titled{{1, "KB1", "D (Version 1)"}, {2, "KB1", "D"}}, nil},
		{"groups do not mix", []titled{{1, "KB1", "D (Version 1)"}, {2, "KB2", "D (Version 2)"}}, nil},
		{"Portuguese", []titled{{1, "KB1", "D (Versão 1)"}, {2, "KB1", "D (Versão 3)"}, {3, "KB1", "D (Version 2)"}}, []int64{1, 3}},
		{"absurd numbers", []titled{{1, "KB1", "(Version 99999999999999999999)"}, {2, "KB1", "(Version 1..)"}}, []int64{1}},
	}
	for _, tc := range cases {
		require.Equal(t, tc.gone, superseded(tc.updates), tc.name)
	}
}

func FuzzDecodeScan(f *testing.F) {
	f.Add([]byte(`{"wua_updates":[{"guid":"g","kb_article_ids":null,"revision_number":1}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := DecodeScan(body); err != nil {
			require.ErrorIs(t, err, ErrReport)
		}
	})
}
