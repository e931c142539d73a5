package main

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/porttest"
	"github.com/gueencode/gueenrmm/pkg/platform/queuetest"
)

func TestMain(m *testing.M) { leaktest.Main(m, queuetest.ClosingPool()) }

// wait is for whatever must happen; busy machines are slow.
const wait = 2 * time.Minute

// nowhere is an address at which nothing listens.
const nowhere = "127.0.0.1:1"

type running struct {
	base, private string
	done          chan error
	stop          context.CancelFunc
}

// start runs the program as a process would.
func start(t *testing.T, env ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r := &running{base: porttest.Reserve(t), private: porttest.Reserve(t), done: make(chan error, 1), stop: stop}
	env = append([]string{"GUEEN_LISTEN=" + r.base, "GUEEN_PRIVATE_LISTEN=" + r.private, "GUEEN_NATS_URL=nats://" + nowhere, "GUEEN_LOG_LEVEL=error", "GUEEN_LOGIN_HASH_PROCESS=false"}, env...)
	go func() { r.done <- run(ctx, nil, env) }()
	require.Eventually(t, func() bool { status, _ := r.get(t, "http://"+r.base+"/"); return status == http.StatusOK }, wait, 20*time.Millisecond)
	return r
}

func (r *running) end(t *testing.T) {
	t.Helper()
	r.stop()
	select {
	case err := <-r.done:
		require.NoError(t, err)
	case <-time.After(wait):
		require.Fail(t, "the service does not stop")
	}
	http.DefaultClient.CloseIdleConnections()
}

func (r *running) get(t *testing.T, url string) (int, string) {
	return r.call(t, http.MethodGet, url, "")
}

func (r *running) call(t *testing.T, method, url, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	raw, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return 0, err.Error() // asked in conditions, which must not end the test
	}
	return res.StatusCode, string(raw)
}

// TestServesWhileEverythingIsAway: the program starts, answers what it can, says 503 to the rest, and stops.
func TestServesWhileEverythingIsAway(t *testing.T) {
	t.Parallel()
	r := start(t, "GUEEN_DATABASE_URL=postgres://u@"+nowhere+"/x", "GUEEN_REDIS_URL=redis://"+nowhere+"/0")
	status, body := r.get(t, "http://"+r.base+"/v1/setup")
	require.Equal(t, http.StatusServiceUnavailable, status, body)
	require.Contains(t, body, `"code":"unavailable"`)
	status, body = r.call(t, http.MethodPost, "http://"+r.base+"/v2/checkcreds/", `{"username":"a","password":"b"}`)
	require.Equal(t, http.StatusServiceUnavailable, status, body)
	status, _ = r.get(t, "http://"+r.private+"/readyz")
	require.Equal(t, http.StatusServiceUnavailable, status)
	r.end(t)
}

func TestServesAndTellsHowItIs(t *testing.T) {
	t.Parallel()
	r := start(t, "GUEEN_DATABASE_URL="+dbtest.NewURL(t), "GUEEN_REDIS_URL="+queuetest.Redis(t), "GUEEN_LOGIN_HASH_MEMORY=1MiB", "GUEEN_LOGIN_HASH_PASSES=1")
	require.Eventually(t, func() bool { // 503 until the database answers
		status, _ := r.call(t, http.MethodPost, "http://"+r.base+"/v1/setup", `{"username":"root","password":"long-enough"}`)
		return status == http.StatusCreated
	}, wait, 20*time.Millisecond)
	status, body := r.call(t, http.MethodPost, "http://"+r.base+"/v2/checkcreds/", `{"username":"root","password":"long-enough"}`)
	require.Equal(t, http.StatusOK, status, body)
	status, _ = r.get(t, "http://"+r.base+"/api/schema/")
	require.Equal(t, http.StatusNotFound, status, "the description is off by default")
	require.Eventually(t, func() bool { // counted when the answer is written, which the client may have by then
		_, body := r.get(t, "http://"+r.private+"/metrics")
		return strings.Contains(body, `gueen_api_requests_total{method="POST",operation="checkCredentials",status="200"} 1`)
	}, wait, 20*time.Millisecond)
	r.end(t)
}

func TestSettingsAreChecked(t *testing.T) {
	t.Parallel()
	for _, env := range []string{"GUEEN_API_PUBLIC_URL=ftp://x", "GUEEN_WEB_ORIGINS=rmm.example.com", "GUEEN_API_TRUSTED_PROXIES=10.0.0.0", "GUEEN_LISTEN=nowhere", "GUEEN_LOGIN_HASH_PASSES=99"} {
		require.Error(t, run(t.Context(), nil, []string{env, "GUEEN_LOG_LEVEL=error"}), env)
	}
}
