package command

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryIsBoundedAndGivesTheFirstAnswer(t *testing.T) {
	t.Parallel()

	m := newMemory()
	_, first := m.begin("a/1")
	require.True(t, first)
	answer, first := m.begin("a/1")
	require.False(t, first)
	require.Nil(t, answer, "still running")
	m.done("a/1", []byte("x"))
	answer, first = m.begin("a/1")
	require.False(t, first)
	require.Equal(t, []byte("x"), answer)

	_, first = m.begin("a/2")
	require.True(t, first)
	m.done("a/2", make([]byte, maxRememberedLen+1))
	answer, first = m.begin("a/2")
	require.False(t, first)
	require.Nil(t, answer, "too large to keep")

	for i := range 2 * maxRemembered {
		m.begin("b/" + strconv.Itoa(i))
	}
	require.Len(t, m.answers, maxRemembered)
	require.Len(t, m.order, maxRemembered)
	m.done("a/1", []byte("forgotten"))
	require.Len(t, m.answers, maxRemembered)
	m.done("", []byte("no id"))
	require.NotContains(t, m.answers, "")
}
