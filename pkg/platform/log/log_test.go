package log_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

func TestLinesAreJSONWithTheRequest(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger, err := log.New(log.Options{Service: "api", Version: "1.2.3", Level: "info", Output: &out})
	require.NoError(t, err)
	ctx := log.WithRequestID(t.Context(), "r-1")
	log.For(ctx, logger).Info("agent stored", zap.String(log.FieldAgentID, "a"))
	log.For(t.Context(), logger).Debug("not shown")
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	require.Equal(t, "r-1", line["request_id"])
	require.Equal(t, "api", line["service"])
	require.Equal(t, "1.2.3", line["version"])
	require.Equal(t, "a", line["agent_id"])
	require.True(t, strings.HasSuffix(line["time"].(string), "Z"))
	_, err = log.New(log.Options{Level: "loud", Output: &out})
	require.Error(t, err)
}

func TestRequestIDsFromOutsideAreChecked(t *testing.T) {
	t.Parallel()
	require.Equal(t, "abc-1.2:3_X", log.CleanRequestID("abc-1.2:3_X"))
	for _, bad := range []string{"", "a b", "a\n", strings.Repeat("a", 65), `"`} {
		require.NotEqual(t, bad, log.CleanRequestID(bad))
		require.Len(t, log.CleanRequestID(bad), 26)
	}
}

func TestWarningsAreLimitedByKey(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	logger, err := log.New(log.Options{Level: "info", Output: &out})
	require.NoError(t, err)
	now := time.Unix(1_000_000, 0)
	l := log.NewLimited(logger, time.Minute, func() time.Time { return now })
	for range 5 {
		l.Warn("a", "message refused")
	}
	l.Warn("b", "message refused")
	require.Equal(t, 2, strings.Count(out.String(), "\n"))
	now = now.Add(time.Minute)
	l.Warn("a", "message refused")
	require.Contains(t, out.String(), `"suppressed":4`)
	for i := range 20_000 {
		l.Warn(fmt.Sprint("k", i), "message refused")
	}
	require.Less(t, strings.Count(out.String(), "\n"), 10_010, "foreign keys must not grow the log without bound")
}
