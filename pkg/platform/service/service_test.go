package service_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/health"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
	"github.com/gueencode/gueenrmm/pkg/platform/metrics"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

type settings struct {
	service.Base
	Database config.Database
	Name     string `conf:"listen" default:"x" help:"Something."`
}

func spec(out *bytes.Buffer, wire func(ctx context.Context, cfg *settings, rt *service.Runtime) error) service.Spec[settings] {
	return service.Spec[settings]{
		Name: "demo", Summary: "shows a service", Defaults: map[string]string{"private.listen": "127.0.0.1:0"}, Wire: wire, Output: out,
	}
}

func TestRunsUntilItsContextEndsWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	var rt *service.Runtime
	err := service.Run(ctx, []string{"--listen", "y"}, []string{"GUEEN_DATABASE_URL=postgres://u:hunter2@127.0.0.1:1/x"},
		spec(&out, func(ctx context.Context, cfg *settings, r *service.Runtime) error {
			rt = r
			require.Equal(t, "y", cfg.Name)
			db, err := postgres.Open(ctx, cfg.Database, postgres.Deps{Application: r.Name, Health: r.Health})
			require.NoError(t, err)
			r.Lifecycle.Add("database", db)
			r.Lifecycle.Go("wait", func(ctx context.Context) error {
				d := r.Health.Dependency("postgres")
				assert.Eventually(t, func() bool { return d.Err() != nil && d.Err().Error() != "not reached yet" }, time.Minute, time.Millisecond)
				cancel()
				<-ctx.Done()
				return nil
			})
			return nil
		}))
	require.NoError(t, err)
	ready, _ := rt.Health.Ready()
	require.False(t, ready)
	require.Contains(t, out.String(), `"database.url":"postgres://u:********@127.0.0.1:1/x"`)
	require.Contains(t, out.String(), `"sources":{"database.url":"environment","listen":"flag"}`)
	require.NotContains(t, out.String(), "hunter2")
	require.Equal(t, 1, bytes.Count(out.Bytes(), []byte("dependency is away")))
	require.Contains(t, out.String(), "service stopped")
	families, err := rt.Metrics.Gather()
	require.NoError(t, err)
	names := map[string]bool{}
	for _, f := range families {
		names[f.GetName()] = true
	}
	for _, want := range []string{"gueen_build_info", "go_goroutines", "process_open_fds", "gueen_dependency_up"} {
		require.True(t, names[want], want)
	}
}

// TestReadyIsWhoServes: a part that is slow to start, or to stop, holds the readiness back although every dependency works.
func TestReadyIsWhoServes(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	ready := func(r *service.Runtime) bool { ok, _ := r.Health.Ready(); return ok }
	var rt *service.Runtime
	err := service.Run(ctx, nil, nil, spec(&out, func(_ context.Context, _ *settings, r *service.Runtime) error {
		rt = r
		r.Health.Dependency("bus").Report(nil)
		r.Lifecycle.Add("subscriptions", lifecycle.Funcs{
			OnStart: func(context.Context) error { assert.False(t, ready(r), "it subscribes"); return nil },
			OnStop:  func(context.Context) error { assert.False(t, ready(r), "it drains"); return nil },
		})
		r.Lifecycle.Go("work", func(ctx context.Context) error {
			assert.Eventually(t, func() bool { return ready(r) }, time.Minute, time.Millisecond)
			cancel()
			<-ctx.Done()
			return nil
		})
		return nil
	}))
	require.NoError(t, err)
	require.Equal(t, health.Stopping, rt.Health.Phase())
}

func TestQuestionsAndErrors(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	never := spec(&out, func(context.Context, *settings, *service.Runtime) error { return errors.New("cannot") })
	require.NoError(t, service.Run(t.Context(), []string{"--help"}, nil, never))
	require.Contains(t, out.String(), "demo: shows a service")
	require.NoError(t, service.Run(t.Context(), []string{"--version"}, nil, never))
	require.Contains(t, out.String(), "demo "+service.Version())
	require.NoError(t, service.Run(t.Context(), []string{"--describe-settings"}, nil, never))
	require.ErrorContains(t, service.Run(t.Context(), nil, nil, never), "build demo: cannot")
	require.ErrorContains(t, service.Run(t.Context(), []string{"--describe-program"}, nil, never), "build demo: cannot")
	require.ErrorContains(t, service.Run(t.Context(), []string{"--log-level=loud"}, nil, never), "must be one of")
	require.ErrorContains(t, service.Run(t.Context(), nil, nil, service.Spec[struct{}]{}), "do not embed")
}

func TestProgramDescribesItselfInsteadOfRunning(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	require.NoError(t, service.Run(t.Context(), []string{"--describe-program"}, nil, spec(&out, func(_ context.Context, _ *settings, rt *service.Runtime) error {
		rt.Reference["tasks"] = []string{"a", "b"}
		rt.Health.Dependency("postgres")
		rt.Health.Dependency("mail", health.Optional())
		rt.Lifecycle.Go("never", func(context.Context) error { return errors.New("was started") })
		return rt.Metrics.Register(prometheus.NewCounterVec(prometheus.CounterOpts{Name: "gueen_demo_total", Help: "Demos."}, []string{"kind"}))
	})))
	var d service.Description
	require.NoError(t, json.Unmarshal(out.Bytes(), &d), "the answer and nothing else")
	require.Equal(t, "demo", d.Program)
	require.Equal(t, []service.Dependency{{Name: "mail", Optional: true}, {Name: "postgres"}}, d.Dependencies)
	require.JSONEq(t, `["a","b"]`, string(d.Reference["tasks"]))
	require.Contains(t, d.Metrics, metrics.Metric{Name: "gueen_demo_total", Type: "counter", Labels: []string{"kind"}, Help: "Demos."})
	require.Contains(t, d.Metrics, metrics.Metric{Name: "gueen_dependency_up", Type: "gauge", Labels: []string{"dependency"}, Help: "1 when the dependency works, else 0."})
}
