package busauth

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/stretchr/testify/require"
)

func message(subject string) *nats.Msg { return &nats.Msg{Subject: subject} }

func names(late []question) []string {
	var out []string
	for _, q := range late {
		out = append(out, q.m.Subject)
	}
	return out
}

func TestNewestQuestionFirst(t *testing.T) {
	t.Parallel()
	now := time.Now()
	s := newStack(func() time.Time { return now }, Limits{Waiting: 10, Patience: time.Second})
	require.Nil(t, s.push(message("a")))
	require.Nil(t, s.push(message("b")))
	m, late, ok := s.pop()
	require.True(t, ok)
	require.Empty(t, late)
	require.Equal(t, "b", m.Subject)

	now = now.Add(time.Second) // exactly as long as an agent waits: still worth an answer
	require.Nil(t, s.push(message("c")))
	m, late, _ = s.pop()
	require.Empty(t, late)
	require.Equal(t, "c", m.Subject)

	require.Nil(t, s.push(message("d")))
	now = now.Add(time.Millisecond) // a is too old now
	m, late, _ = s.pop()
	require.Equal(t, "d", m.Subject)
	require.Equal(t, []string{"a"}, names(late))

	require.Nil(t, s.push(message("e")))
	require.Nil(t, s.push(message("f")))
	now = now.Add(2 * time.Second)
	m, late, ok = s.pop()
	require.True(t, ok)
	require.Nil(t, m)
	require.Equal(t, []string{"e", "f"}, names(late))

	require.Nil(t, s.push(message("g")))
	s.close()
	m, _, ok = s.pop() // what has arrived is answered
	require.True(t, ok)
	require.Equal(t, "g", m.Subject)
	_, _, ok = s.pop()
	require.False(t, ok)
}

func TestOldestQuestionGivesWayWhenTooManyWait(t *testing.T) {
	t.Parallel()
	s := newStack(time.Now, Limits{Waiting: 2, Patience: time.Hour})
	require.Nil(t, s.push(message("a")))
	require.Nil(t, s.push(message("b")))
	require.Equal(t, "a", s.push(message("c")).Subject)
	require.Equal(t, "b", s.push(message("d")).Subject)
	for _, want := range []string{"d", "c"} {
		m, late, ok := s.pop()
		require.True(t, ok)
		require.Empty(t, late)
		require.Equal(t, want, m.Subject)
	}
	require.Empty(t, s.items)
}
