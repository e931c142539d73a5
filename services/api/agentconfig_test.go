package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestRangesOfSeconds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]agentwire.Range{"30-60": {Min: 30, Max: 60}, " 5 - 5 ": {Min: 5, Max: 5}, "7": {Min: 7, Max: 7}} {
		got, ok := parseRange(text)
		require.True(t, ok, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"", "0-5", "9-3", "a-b", "1-", "-1-5", "1-999999"} {
		_, ok := parseRange(text)
		require.False(t, ok, text)
	}
}
