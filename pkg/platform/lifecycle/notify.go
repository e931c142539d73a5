package lifecycle

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"
)

// Notifier speaks systemd's notification protocol (sd_notify(3)). The usual library reads the process environment; here
// the environment is an argument of the program, so that a test can run several programs side by side. A nil Notifier, or
// one without a socket, says nothing.
type Notifier struct {
	address  string
	interval time.Duration // of the watchdog; 0 off
	alive    func() error
}

// NewNotifier reads NOTIFY_SOCKET and WATCHDOG_USEC from an environment of NAME=value pairs. alive is asked before each
// sign of life; while it errs none is sent and the service manager restarts the program.
func NewNotifier(env []string, alive func() error) *Notifier {
	n := &Notifier{alive: alive}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		switch name {
		case "NOTIFY_SOCKET":
			n.address = value
		case "WATCHDOG_USEC":
			if us, err := strconv.ParseInt(value, 10, 64); err == nil && us > 0 {
				n.interval = time.Duration(us) * time.Microsecond / 2
			}
		}
	}
	return n
}

// Ready says that the program works.
func (n *Notifier) Ready() error { return n.send("READY=1") }

// Stopping says that the program has begun to stop.
func (n *Notifier) Stopping() error { return n.send("STOPPING=1") }

func (n *Notifier) send(state string) error {
	if n == nil || n.address == "" {
		return nil
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.address, Net: "unixgram"})
	if err != nil {
		return fmt.Errorf("notify service manager: %w", err)
	}
	_, err = conn.Write([]byte(state))
	if cerr := conn.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return fmt.Errorf("notify service manager: %w", err)
	}
	return nil
}

// startWatchdog sends signs of life until the returned function is called.
func (n *Notifier) startWatchdog(ctx context.Context, logger *zap.Logger) (stop func()) {
	if n == nil || n.address == "" || n.interval <= 0 {
		return func() {}
	}
	// The signs go on while the program stops: stopping has its own deadlines.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(n.interval)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if n.alive != nil {
				if err := n.alive(); err != nil {
					logger.Error("program is not alive, watchdog is not answered", zap.Error(err))
					continue
				}
			}
			if err := n.send("WATCHDOG=1"); err != nil {
				logger.Warn("watchdog could not be answered", zap.Error(err))
			}
		}
	}()
	return func() { cancel(); <-done }
}
