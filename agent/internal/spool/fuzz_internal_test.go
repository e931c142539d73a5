package spool

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func FuzzDecode(f *testing.F) {
	seed, err := encode(Record{ID: "a", Path: "/x", Body: []byte("b")})
	require.NoError(f, err)
	f.Add(seed)
	f.Add([]byte(magic + "\x00\x00\x00\x00\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := decode(data)
		if err != nil {
			require.ErrorIs(t, err, errDamaged)
			return
		}
		again, err := encode(rec)
		require.NoError(t, err)
		got, err := decode(again)
		require.NoError(t, err)
		require.Equal(t, rec.Path, got.Path)
	})
}
