package newest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/newest"
)

// answers serves one text and counts how often it is asked for.
func answers(t *testing.T, status int, text string) (url string, asked *atomic.Int32) {
	t.Helper()
	asked = &atomic.Int32{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

func TestNewerReleases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ answer, running, want string }{
		{`{"tag_name":"v0.2.0","body":"…"}`, "0.1.0", "0.2.0"},
		{`{"version":"0.10.0"}`, "0.9.9", "0.10.0"},
		{`{"version":"0.1.0"}`, "0.1.0-dev", "0.1.0"},
		{`{"version":"0.1.0"}`, "0.1.0", ""},
		{`{"version":"0.1.0-rc1"}`, "0.1.0", ""},
		{`{"version":"0.9.0"}`, "1.0.0", ""},
	} {
		url, _ := answers(t, http.StatusOK, c.answer)
		got, err := newest.New(url, c.running, http.DefaultClient, time.Now, zap.NewNop()).Release(t.Context())
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%+v", c)
	}
}

func TestAnswersAreKept(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		status int
		text   string
		keep   time.Duration
	}{
		{http.StatusOK, `{"version":"9.0.0"}`, 6 * time.Hour}, {http.StatusBadGateway, "", 10 * time.Minute}, {http.StatusOK, "<html>", 10 * time.Minute},
		{http.StatusOK, `{"version":"<script>alert(1)</script>"}`, 10 * time.Minute}, {http.StatusOK, `{"version":"` + strings.Repeat("9", 2<<20), 10 * time.Minute},
	} {
		url, asked := answers(t, c.status, c.text)
		at := now
		s := newest.New(url, "0.1.0", http.DefaultClient, func() time.Time { return at }, zap.NewNop())
		again := func(s *newest.Source) {
			_, err := s.Release(t.Context())
			require.Equal(t, c.keep < time.Hour, err != nil, "%.40s", c.text)
		}
		again(s)
		again(s)
		at = now.Add(c.keep - time.Second)
		again(s)
		require.EqualValues(t, 1, asked.Load())
		at = now.Add(c.keep)
		again(s)
		require.EqualValues(t, 2, asked.Load())
	}
}

func TestNobodyIsAskedByItself(t *testing.T) {
	t.Parallel()
	got, err := newest.New("", "0.1.0", nil, time.Now, zap.NewNop()).Release(t.Context())
	require.NoError(t, err)
	require.Empty(t, got)
}
