package cursor_test

import (
	"encoding/base64"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/cursor"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

func TestPlacesComeBack(t *testing.T) {
	t.Parallel()
	p := cursor.After(time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC), 42)
	p.Total = 7
	text, err := p.Encode()
	require.NoError(t, err)
	got, err := cursor.Parse(text)
	require.NoError(t, err)
	require.Equal(t, p, got)
	require.Equal(t, time.Date(2026, 3, 4, 5, 6, 7, 8000, time.UTC), got.Time())
	beginning, err := cursor.Parse("")
	require.NoError(t, err)
	require.Zero(t, beginning)
}

func TestMadeUpCursorsAreRefused(t *testing.T) {
	t.Parallel()
	encode := func(json string) string { return base64.RawURLEncoding.EncodeToString([]byte(json)) }
	late, err := cursor.Place{Micros: math.MaxInt64, ID: 1}.Encode()
	require.NoError(t, err)
	early, err := cursor.Place{Micros: math.MinInt64, ID: 1}.Encode()
	require.NoError(t, err)
	for name, text := range map[string]string{
		"not base64": "%%%", "not JSON": encode("x"), "null": encode("null"), "a list": encode("[]"), "no key": encode(`{"t":1}`), "a word": encode(`{"t":"x","i":1}`),
		"negative": encode(`{"t":1,"i":-1}`), "of another list": encode(`{"s":"hostname","k":"a","i":1}`), "two": encode(`{"t":1,"i":1}{"t":1,"i":1}`),
		"long": strings.Repeat("A", 1<<20), "too late for the database": late, "too early": early, "less than nothing": encode(`{"t":1,"i":1,"n":-1}`),
	} {
		_, err := cursor.Parse(text)
		require.Equal(t, fault.KindInvalid, fault.KindOf(err), name)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range []string{"", "e30", "eyJ0IjoxLCJpIjoxfQ", "bnVsbA", "!"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := cursor.Parse(text)
		if err != nil {
			return
		}
		again, err := p.Encode()
		require.NoError(t, err)
		q, err := cursor.Parse(again)
		if p == (cursor.Place{}) {
			return
		}
		require.NoError(t, err)
		require.Equal(t, p, q)
	})
}
