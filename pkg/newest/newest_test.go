package newest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/newest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

// server answers one text and counts how often it is asked for.
type server struct {
	status int
	text   string
	asked  atomic.Int32
}

func (s *server) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked.Add(1)
	if s.status == 0 { // it never answers
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	return &http.Response{Status: http.StatusText(s.status), StatusCode: s.status, Body: io.NopCloser(strings.NewReader(s.text))}, nil
}

// run is a source at work; it stops with the test.
func run(t *testing.T, url string, s *server, running string) *newest.Source {
	t.Helper()
	source := newest.New(url, running, &http.Client{Transport: s}, zap.NewNop())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- source.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	synctest.Wait()
	return source
}

const url = "https://news.example.com/newest"

func TestNewerReleases(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ answer, running, want string }{
		{`{"tag_name":"v0.2.0","body":"…"}`, "0.1.0", "0.2.0"},
		{`{"tag_name":"v1.3.0"}`, "v1.2.3", "1.3.0"},
		{`{"tag_name":"v1.2.3"}`, "v1.2.3", ""},
		{`{"version":"0.10.0"}`, "0.9.9", "0.10.0"},
		{`{"version":"0.1.0"}`, "0.1.0-dev", "0.1.0"},
		{`{"version":"0.1.0"}`, "0.1.0", ""},
		{`{"version":"0.1.0-rc1"}`, "0.1.0", ""},
		{`{"version":"0.9.0"}`, "1.0.0", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			got, failed := run(t, url, &server{status: http.StatusOK, text: c.answer}, c.running).Release()
			require.False(t, failed)
			require.Equal(t, c.want, got, "%+v", c)
		})
	}
}

func TestAnswersAreKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		text   string
		keep   time.Duration
	}{
		{http.StatusOK, `{"version":"9.0.0"}`, 6 * time.Hour},
		{http.StatusBadGateway, "", 10 * time.Minute},
		{http.StatusOK, "<html>", 10 * time.Minute},
		{http.StatusOK, `{"version":"<script>alert(1)</script>"}`, 10 * time.Minute},
		{http.StatusOK, `{"version":"` + strings.Repeat("9", 2<<20), 10 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &server{status: c.status, text: c.text}
			source := run(t, url, s, "0.1.0")
			_, failed := source.Release()
			require.Equal(t, c.keep < time.Hour, failed, "%.40s", c.text)
			wait(t, c.keep-time.Second)
			require.EqualValues(t, 1, s.asked.Load())
			wait(t, time.Second)
			require.EqualValues(t, 2, s.asked.Load())
		})
	}
}

// wait lets the bubble's clock go on.
func wait(t *testing.T, d time.Duration) {
	t.Helper()
	<-time.After(d)
	synctest.Wait()
}

// TestNobodyWaitsForTheAddress: while it does not answer, what was known before is told at once.
func TestNobodyWaitsForTheAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		source := run(t, url, s, "0.1.0")
		require.EqualValues(t, 1, s.asked.Load())
		began := time.Now()
		got, failed := source.Release()
		require.Empty(t, got)
		require.False(t, failed)
		require.Zero(t, time.Since(began))
		wait(t, 5*time.Second)
		_, failed = source.Release()
		require.True(t, failed, "it is given up")
	})
}

func TestNobodyIsAskedByItself(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		source := run(t, "", s, "0.1.0")
		wait(t, 24*time.Hour)
		got, failed := source.Release()
		require.Empty(t, got)
		require.False(t, failed)
		require.Zero(t, s.asked.Load())
	})
}
