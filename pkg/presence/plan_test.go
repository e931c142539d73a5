package presence_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

// statement returns a named query with numbered parameters, as it is sent.
func statement(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("../schema/queries/presence.sql")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(data), "-- name: "+name+" ")
	require.True(t, found, name)
	_, rest, _ = strings.Cut(rest, "\n")
	text, _, _ := strings.Cut(rest, ";")
	numbers := map[string]string{}
	return regexp.MustCompile(`@\w+`).ReplaceAllStringFunc(text, func(p string) string {
		if numbers[p] == "" {
			numbers[p] = "$" + strconv.Itoa(len(numbers)+1)
		}
		return numbers[p]
	})
}

// What is written for every connect and disconnect finds its rows by an index. The comparison with the bus and the look
// for agents that went offline read the narrow presence table once (see its migration).
func TestStatementsUseIndexes(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	ids, now := []string{"a"}, []time.Time{time.Now()}
	for name, args := range map[string][]any{"Connect": {ids, now}, "Disconnect": {ids, now, now}, "Strangers": {ids}} {
		plan := dbtest.Explain(t, pool, statement(t, name), args...)
		require.Contains(t, plan, "agents_agent_id_key", name)
		require.NotContains(t, plan, "Seq Scan", name)
	}
}
