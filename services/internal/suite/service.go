package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
)

// serviceNames are the services in the order in which they are named to people; they start together.
func serviceNames() []string { return []string{"natsapi", "api", "realtime", "worker", "beat", "web"} }

func (s *Suite) privatePort(service string) int {
	p := s.opts.Ports
	return map[string]int{
		"api": p.PrivateAPI, "realtime": p.PrivateRealtime, "natsapi": p.PrivateNATSAPI, "worker": p.PrivateWorker,
		"beat": p.PrivateBeat, "web": p.PrivateWeb,
	}[service]
}

// values are the settings the suite decides, by key, for every service that declares them.
func (s *Suite) values(service string) map[string]string {
	p := s.opts.Ports
	v := map[string]string{
		"log.level": s.opts.Level, "private.listen": local(s.privatePort(service)),
		"database.url": s.servicesURL(), "redis.url": s.redisURL(),
		"nats.url": "nats://" + local(p.NATS), "nats.user": natsUser, "nats.password": s.secrets.NATSPassword,
		"nats.sys_user": natsSysUser, "nats.sys_password": s.secrets.NATSSysPassword,
		"nats.auth_user": natsAuthUser, "nats.auth_password": s.secrets.NATSAuthPassword, "nats.issuer_seed": s.secrets.NATSIssuerSeed,
		"api.public_url": s.origin(), "web.origins": s.origin(), "mon.token": s.secrets.MonToken, "secret.key": s.secrets.SecretKey, "mon.realtime_url": "http://" + local(p.Realtime),
		"mon.nats_url": "http://" + local(p.NATSWebSocket), "api.schema": "true", "api.beta": "true",
		"agents.dir": filepath.Join(s.bin, "agents"), "web.dir": s.opts.Web, "web.upstream_api": "http://" + local(p.API),
		"web.upstream_realtime": "http://" + local(p.Realtime), "web.upstream_nats": "http://" + local(p.NATSWebSocket),
	}
	switch service {
	case "api":
		v["listen"] = local(p.API)
	case "realtime":
		v["listen"] = local(p.Realtime)
	case "web":
		v["listen"] = net.JoinHostPort(s.opts.Host, strconv.Itoa(p.Web))
	}
	return v
}

// environment asks the program for its settings and returns those the suite decides, so that each service gets only what
// it declares.
func (s *Suite) environment(ctx context.Context, service, path string) ([]string, error) {
	out, err := exec.CommandContext(ctx, path, "--describe-settings").Output()
	if err != nil {
		var ee *exec.ExitError
		if errors.As(err, &ee) {
			return nil, fmt.Errorf("ask %s for its settings: %w: %s", service, err, ee.Stderr)
		}
		return nil, fmt.Errorf("ask %s for its settings: %w (build it with `make build`)", service, err)
	}
	var d config.Description
	if err := json.Unmarshal(out, &d); err != nil {
		return nil, fmt.Errorf("read the settings of %s: %w", service, err)
	}
	values := s.values(service)
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TMPDIR=" + os.TempDir()}
	for _, st := range d.Settings {
		if v, ok := values[st.Key]; ok {
			env = append(env, st.Env+"="+v)
		}
	}
	return append(env, s.opts.Extra...), nil
}

func (s *Suite) prepareService(ctx context.Context, name string) (command, error) {
	path := filepath.Join(s.bin, name)
	env, err := s.environment(ctx, name, path)
	if err != nil {
		return command{}, err
	}
	url := "http://" + local(s.privatePort(name)) + "/readyz"
	return command{name: name, path: path, dir: s.dir, env: env, ready: func(ctx context.Context) error { return s.askReady(ctx, url) }}, nil
}

// askReady asks a private port; the answer's text says what is missing.
func (s *Suite) askReady(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end below
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d: %s", url, resp.StatusCode, body)
	}
	return nil
}
