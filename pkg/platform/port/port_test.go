package port_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/platform/port"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func open(t *testing.T, s port.Settings, h http.Handler) *port.Port {
	t.Helper()
	s.Address, s.MaxConnections = "127.0.0.1:0", 2
	p := port.New(s, &http.Server{Handler: h, ReadHeaderTimeout: port.HeaderTimeout}, zap.NewNop())
	require.NoError(t, p.Start(t.Context()))
	return p
}

// ask sends a request on a connection of its own.
func ask(address string) (string, error) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	resp, err := client.Get("http://" + address)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(resp.Body)
	if cerr := resp.Body.Close(); err == nil {
		err = cerr
	}
	return string(body), err
}

func TestStopAnswersWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	begun, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	p := open(t, port.Settings{}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		once.Do(func() { close(begun) })
		<-goOn
		if _, err := io.WriteString(w, "done"); err != nil {
			t.Error(err)
		}
	}))
	answer := make(chan string, 1)
	address := p.Address()
	go func() {
		text, err := ask(address)
		if err != nil {
			text = err.Error()
		}
		answer <- text
	}()
	<-begun
	stopped := make(chan error, 1)
	go func() { stopped <- p.Stop(context.WithoutCancel(t.Context())) }()
	require.Eventually(t, func() bool {
		c, err := net.Dial("tcp", address)
		return err != nil || c.Close() != nil
	}, time.Minute, time.Millisecond, "nothing new is taken")
	close(goOn)
	require.NoError(t, <-stopped)
	require.Equal(t, "done", <-answer)
}

func TestStopDoesNotWaitForever(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	p := open(t, port.Settings{StopWithin: 10 * time.Millisecond}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
	}))
	answer := make(chan error, 1)
	go func() { _, err := ask(p.Address()); answer <- err }()
	<-begun
	require.ErrorIs(t, p.Stop(t.Context()), context.DeadlineExceeded)
	require.Error(t, <-answer)
}

func TestTakenAddressNamesTheSetting(t *testing.T) {
	t.Parallel()
	p := open(t, port.Settings{}, http.NotFoundHandler())
	second := port.New(port.Settings{Address: p.Address(), MaxConnections: 1}, &http.Server{ReadHeaderTimeout: port.HeaderTimeout}, zap.NewNop())
	require.ErrorContains(t, second.Start(t.Context()), "(setting listen)")
	require.Empty(t, second.Address())
	require.NoError(t, second.Stop(t.Context()), "it never started")
	require.NoError(t, p.Stop(t.Context()))
}
