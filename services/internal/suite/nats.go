package suite

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
)

// Users of the suite's nats-server.
const (
	natsUser     = "services"
	natsSysUser  = "sys"
	natsAuthUser = "auth"
)

// prepareNATS writes the configuration and returns how to run the server.
func (s *Suite) prepareNATS() (command, error) {
	dir := filepath.Join(s.dir, "nats")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return command{}, fmt.Errorf("make nats directory: %w", err)
	}
	text, err := bus.ServerConfig(bus.ServerSettings{
		Listen: local(s.opts.Ports.NATS), WebSocket: local(s.opts.Ports.NATSWebSocket), StoreDir: filepath.Join(dir, "jetstream"), MaxStore: s.opts.NATSStore,
		User: natsUser, Password: s.secrets.NATSPassword, SystemUser: natsSysUser, SystemPassword: s.secrets.NATSSysPassword,
		AuthUser: natsAuthUser, AuthPassword: s.secrets.NATSAuthPassword, IssuerSeed: s.secrets.NATSIssuerSeed,
	})
	if err != nil {
		return command{}, err
	}
	conf := filepath.Join(dir, "nats-server.conf")
	if err := os.WriteFile(conf, text, 0o600); err != nil {
		return command{}, fmt.Errorf("write nats configuration: %w", err)
	}
	// Half of the processors: while all agents return at once the other half answers people (docs/scale.md).
	processors := max(1, runtime.GOMAXPROCS(0)/2)
	return command{
		name: "nats-server", path: filepath.Join(s.bin, "nats-server"), args: []string{"-c", conf}, dir: dir,
		env:   []string{"PATH=" + os.Getenv("PATH"), "GOGC=400", "GOMAXPROCS=" + strconv.Itoa(processors)}, // GOGC as in deploy/
		ready: func(ctx context.Context) error { return askNATS(ctx, local(s.opts.Ports.NATS)) },
	}, nil
}

// askNATS reads the greeting that nats-server sends to everybody once it takes clients.
func askNATS(ctx context.Context, address string) (err error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := conn.Close(); err == nil {
			err = cerr
		}
	}()
	if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return err
	}
	line, err := bufio.NewReaderSize(conn, 8<<10).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "INFO ") {
		return fmt.Errorf("%s does not greet like nats-server", address)
	}
	return nil
}
