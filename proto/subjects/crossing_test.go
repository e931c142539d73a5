package subjects_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/subjects"
)

func TestCrossingSubjects(t *testing.T) {
	t.Parallel()
	require.Equal(t, "agents.checkin.AbC", subjects.CheckIn("AbC"))
	require.Equal(t, "agents.command.AbC", subjects.Command("AbC"))
	require.Empty(t, subjects.Command("*"))
	id, ok := subjects.ParseCheckIn("agents.checkin.AbC")
	require.True(t, ok)
	require.Equal(t, "AbC", id)
	for _, bad := range []string{"", "agents.checkin.", "agents.checkin.a.b", "agents.checkin.*", "agents.command.AbC", "AbC"} {
		_, ok := subjects.ParseCheckIn(bad)
		require.False(t, ok, bad)
	}
}
