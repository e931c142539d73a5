package events_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/events"
)

func TestAgentFactsSurviveTheWire(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, f := range []events.Agent{
		events.RowChanged("abc", at), events.ChecksChanged("abc", at), events.Disabled("abc", at), events.Removed("abc", 1, 2, at),
		events.PresenceChanged("abc", at, events.Presence{Connected: true, LastSeen: &at}),
		events.Enrolled("abc", "e1", "host", 1, 2, at), events.Finished("abc", at, events.Result{HistoryID: 7, What: "command"}),
	} {
		data, err := json.Marshal(f)
		require.NoError(t, err)
		got, err := events.ParseAgent(f.Subject(), data)
		require.NoError(t, err)
		require.Equal(t, f, got)
	}
}

func TestFactsThatLieAreRefused(t *testing.T) {
	t.Parallel()
	data, err := json.Marshal(events.RowChanged("abc", time.Time{}))
	require.NoError(t, err)
	for _, subject := range []string{"facts.agent.abd.row", "facts.agent.abc.removed", "facts.x.y", "", "facts.agent.*.row"} {
		_, err := events.ParseAgent(subject, data)
		require.Error(t, err, subject)
	}
	_, err = events.ParseAgent("facts.agent.abc.row", make([]byte, 1<<20))
	require.Error(t, err)
}

func FuzzParseAgent(f *testing.F) {
	f.Add("facts.agent.abc.row", []byte(`{"agent_id":"abc","kind":"row"}`))
	f.Add("facts.agent.abc.presence", []byte(`{"agent_id":"abc","kind":"presence","presence":{"connected":true}}`))
	f.Fuzz(func(t *testing.T, subject string, data []byte) {
		a, err := events.ParseAgent(subject, data)
		if err == nil {
			require.Equal(t, subject, a.Subject())
		}
	})
}
