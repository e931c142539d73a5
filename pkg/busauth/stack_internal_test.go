package busauth

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

func TestNewestQuestionFirst(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newStack(func() time.Time { return now })
	message := func(subject string) *nats.Msg { return &nats.Msg{Subject: subject} }
	require.Zero(t, s.push(message("a")))
	require.Zero(t, s.push(message("b")))
	m, dropped, ok := s.pop()
	require.True(t, ok)
	require.Zero(t, dropped)
	require.Equal(t, "b", m.Subject)

	now = now.Add(useful + time.Millisecond) // nobody waits for a any more
	require.Zero(t, s.push(message("c")))
	m, _, _ = s.pop()
	require.Equal(t, "c", m.Subject)
	m, dropped, ok = s.pop()
	require.True(t, ok)
	require.Nil(t, m)
	require.Equal(t, 1, dropped)

	for range maxWaiting {
		require.Zero(t, s.push(message("x")))
	}
	require.Equal(t, 1, s.push(message("y")))
	now = now.Add(useful + time.Millisecond)
	require.Equal(t, maxWaiting, s.push(message("z")))
	s.close()
	m, _, ok = s.pop()
	require.True(t, ok)
	require.Equal(t, "z", m.Subject)
	_, _, ok = s.pop()
	require.False(t, ok)
}
