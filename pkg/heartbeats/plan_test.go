package heartbeats_test

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
func statement(t *testing.T, file, name string) string {
	t.Helper()
	data, err := os.ReadFile(file)
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

// Every statement of the ingest finds its rows by an index, whatever the size of the fleet.
func TestStatementsUseIndexes(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	now, ids, texts := []time.Time{time.Now()}, []string{"a"}, []string{"x"}
	for name, args := range map[string][]any{
		"TouchAgents":     {ids, now, texts},
		"StoreAgentInfo":  {ids, texts, texts, texts, texts, []int32{1}, []float64{1}, []bool{true}, texts},
		"StorePublicIPs":  {ids, texts},
		"InventoryHashes": {ids},
		"StoreServices":   {ids, texts, [][]byte{{1}}, now},
		"StoreDisks":      {ids, texts, [][]byte{{1}}, now},
		"StoreWMI":        {[]string{"{}"}, ids, texts, [][]byte{{1}}, now},
	} {
		plan := dbtest.Explain(t, pool, statement(t, "../schema/queries/heartbeats.sql", name), args...)
		require.Contains(t, plan, "agents_agent_id_key", name)
		require.NotContains(t, plan, "Seq Scan", name)
	}
}
