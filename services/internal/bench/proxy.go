package bench

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gueencode/gueenrmm/services/internal/suite"
)

// proxy is an nginx before the suite, with the site configuration that the product is deployed with and a certificate of its
// own.
type proxy struct {
	Address string // https://host:port of the REST interface
	command *exec.Cmd
	ended   chan error
}

const (
	proxyWithin = 20 * time.Second
	proxyStop   = 10 * time.Second
)

// startProxy runs nginx in the directory until stop is called.
func startProxy(ctx context.Context, o Options, ports suite.Ports, dir string) (*proxy, error) {
	program, err := findNginx(ctx, o)
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	site, err := os.ReadFile(filepath.Clean(o.Site))
	if err != nil {
		return nil, fmt.Errorf("proxy: read the site configuration: %w", err)
	}
	own, err := freePorts(ctx, 2)
	if err != nil {
		return nil, err
	}
	if err := certificate(dir); err != nil {
		return nil, err
	}
	for name, text := range map[string]string{"nginx.conf": mainConfig(dir, os.Geteuid() == 0), "site.conf": siteConfig(string(site), dir, own[0], own[1], ports)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return nil, fmt.Errorf("proxy: %w", err)
		}
	}
	p := &proxy{Address: fmt.Sprintf("https://127.0.0.1:%d", own[0]), ended: make(chan error, 1)}
	var said bytes.Buffer
	p.command = exec.Command(program, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", filepath.Join(dir, "nginx.conf")) //nolint:noctx,gosec // the nginx that was found; stopped in its own way below
	p.command.Stdout, p.command.Stderr = &said, &said
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("proxy: start nginx: %w", err)
	}
	go func() { p.ended <- p.command.Wait() }()
	if err := p.ready(ctx); err != nil {
		return nil, errors.Join(err, p.stop(), errors.New(said.String()))
	}
	return p, nil
}

// ready waits until the api answers through the proxy.
func (p *proxy) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, proxyWithin)
	defer cancel()
	trusting := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // the certificate was made for this run
	}}
	defer trusting.CloseIdleConnections()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Address+"/v1/setup", nil)
		if err != nil {
			return fmt.Errorf("proxy: %w", err)
		}
		resp, err := trusting.Do(req)
		if err == nil {
			err = resp.Body.Close()
			if err == nil && resp.StatusCode < http.StatusInternalServerError {
				return nil
			}
		}
		select {
		case ended := <-p.ended:
			p.ended <- ended
			return fmt.Errorf("proxy: nginx ended: %w", ended)
		case <-ctx.Done():
			return fmt.Errorf("proxy: nginx does not answer: %w", errors.Join(ctx.Err(), err))
		case <-tick.C:
		}
	}
}

func (p *proxy) stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("proxy: stop nginx: %w", err)
	}
	timer := time.NewTimer(proxyStop)
	defer timer.Stop()
	select {
	case err := <-p.ended:
		if err != nil {
			return fmt.Errorf("proxy: nginx: %w", err)
		}
		return nil
	case <-timer.C:
		return errors.Join(errors.New("proxy: nginx did not stop"), p.command.Process.Kill())
	}
}

// findNginx looks where distributions put it, and installs it when that is allowed.
func findNginx(ctx context.Context, o Options) (string, error) {
	look := func() (string, bool) {
		for _, name := range []string{"nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"} {
			if path, err := exec.LookPath(name); err == nil {
				return path, true
			}
		}
		return "", false
	}
	if path, found := look(); found {
		return path, nil
	}
	const aptGet = "/usr/bin/apt-get"
	if _, err := os.Stat(aptGet); err != nil || os.Geteuid() != 0 || !o.Install {
		return "", errors.New("nginx is missing; install it and measure again: sudo apt-get install --no-install-recommends nginx-light")
	}
	for _, args := range [][]string{{"update", "-qq"}, {"install", "-y", "-qq", "--no-install-recommends", "nginx-light"}} {
		cmd := exec.CommandContext(ctx, aptGet, args...) //nolint:gosec // fixed arguments
		cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("apt-get %s: %w\n%s", strings.Join(args, " "), err, out)
		}
	}
	if path, found := look(); found {
		return path, nil
	}
	return "", errors.New("apt has installed nginx-light, but nginx is not where it belongs")
}

// mainConfig is what distributions put around a site. As root the workers stay root: the directory may be closed to others.
func mainConfig(dir string, root bool) string {
	user := ""
	if root {
		user = "user root;\n"
	}
	return user + fmt.Sprintf(`daemon off;
worker_processes auto;
worker_rlimit_nofile 20000;
pid %[1]s/nginx.pid;
events { worker_connections 8192; }
http {
    client_body_temp_path %[1]s/body;
    proxy_temp_path %[1]s/proxy;
    fastcgi_temp_path %[1]s/fastcgi;
    uwsgi_temp_path %[1]s/uwsgi;
    scgi_temp_path %[1]s/scgi;
    include %[1]s/site.conf;
}
`, dir)
}

// siteConfig fits the deployed site to this machine: ports, certificate, logs, and the address as the name of the api.
func siteConfig(site, dir string, secure, plain int, ports suite.Ports) string {
	local := func(n int) string { return fmt.Sprintf("127.0.0.1:%d", n) }
	return strings.NewReplacer(
		"listen 80;", "listen "+local(plain)+";", "listen 443 ssl", "listen "+local(secure)+" ssl",
		"rmm.example.com", "localhost", "api.example.com", "127.0.0.1",
		"/etc/letsencrypt/live/example.com/", dir+"/", "/var/log/nginx/", dir+"/",
		"127.0.0.1:8080", local(ports.Web), "127.0.0.1:8001", local(ports.API), "127.0.0.1:8002", local(ports.Realtime), "127.0.0.1:9235", local(ports.NATSWebSocket),
	).Replace(site)
}

// certificate makes a self-signed certificate with the kind of key that certbot makes.
func certificate(dir string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("proxy: make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return fmt.Errorf("proxy: make a certificate: %w", err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("proxy: encode the key: %w", err)
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "fullchain.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}), 0o600),
		os.WriteFile(filepath.Join(dir, "privkey.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600),
	)
}

// freePorts returns n different ports that nothing listens on.
func freePorts(ctx context.Context, n int) (ports []int, err error) {
	for range n {
		l, listenErr := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if listenErr != nil {
			return nil, fmt.Errorf("proxy: find a free port: %w", listenErr)
		}
		defer func() { err = errors.Join(err, l.Close()) }() // all at the end, so that they differ
		if address, ok := l.Addr().(*net.TCPAddr); ok {
			ports = append(ports, address.Port)
		}
	}
	return ports, nil
}
