package install

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/kardianos/service"

	"github.com/gueencode/gueenrmm/agent/internal/config"
)

const (
	serviceName    = "tacticalagent"
	serviceDisplay = "Gueen RMM agent"
)

// unit is the systemd unit of agent-protocol.md §6.2. KillMode=process leaves alone what scripts have started on purpose,
// and lets a removal that stops the service finish.
const unit = `[Unit]
Description={{Description}}
Wants=network-online.target
After=network-online.target

[Service]
Type=simple
ExecStart={{Path | cmdEscape}}{{range Arguments}} {{. | cmd}}{{end}}
User=root
Group=root
Restart=always
RestartSec=5s
LimitNOFILE=1000000
KillMode=process

[Install]
WantedBy=multi-user.target
`

// Service is the agent as a service of the operating system.
type Service struct{ svc service.Service }

// program satisfies the library; the service is controlled from outside only.
type program struct{}

// Start implements service.Interface.
func (program) Start(service.Service) error { return nil }

// Stop implements service.Interface.
func (program) Stop(service.Service) error { return nil }

// NewService describes the service that runs the given binary.
func NewService(binary, configPath string) (*Service, error) {
	args := []string{"-m", "svc"}
	if configPath != config.DefaultPath {
		args = append(args, "--config", configPath)
	}
	svc, err := service.New(program{}, &service.Config{
		Name: serviceName, DisplayName: serviceDisplay, Description: serviceDisplay, Executable: binary, Arguments: args,
		Option: service.KeyValue{"SystemdScript": unit, "RunAtLoad": true, "KeepAlive": true},
	})
	if err != nil {
		return nil, fmt.Errorf("find the service manager: %w", err)
	}
	return &Service{svc: svc}, nil
}

// Install replaces an earlier service of the name and starts the new one.
func (s *Service) Install() error {
	status, err := s.svc.Status()
	if err == nil && status != service.StatusUnknown || !errors.Is(err, service.ErrNotInstalled) && err != nil {
		if err := s.Remove(true); err != nil && !errors.Is(err, service.ErrNotInstalled) {
			return err
		}
	}
	if err := s.svc.Install(); err != nil {
		// Half an installation would stand in the way of the next one.
		return errors.Join(fmt.Errorf("install service: %w", err), s.svc.Uninstall())
	}
	if err := s.svc.Start(); err != nil {
		return fmt.Errorf("start service: %w", err)
	}
	return nil
}

// Installed reports whether a service of the name exists.
func (s *Service) Installed() bool {
	_, err := s.svc.Status()
	return err == nil
}

// Remove takes the service away. The service itself removes without stopping, because it would end before it is done.
func (s *Service) Remove(stop bool) error {
	var err error
	if stop {
		if status, serr := s.svc.Status(); serr == nil && status == service.StatusRunning {
			err = s.svc.Stop()
		}
	}
	if err := errors.Join(err, s.svc.Uninstall()); err != nil {
		return fmt.Errorf("remove service: %w", err)
	}
	return nil
}

// PlaceBinary copies the running program to where the service expects it and returns that path.
func PlaceBinary() (path string, err error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("find own program: %w", err)
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return "", fmt.Errorf("find own program: %w", err)
	}
	target := BinaryPath()
	if self == target {
		return target, nil
	}
	if err := copyFile(self, target); err != nil {
		return "", fmt.Errorf("copy program to %s: %w", target, err)
	}
	return target, nil
}

// copyFile replaces dst as a whole, also while an earlier version of it runs.
func copyFile(src, dst string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(dst), 0o755); err != nil { //nolint:gosec // a directory of programs
		return errors.Join(err, in.Close())
	}
	out, err := os.CreateTemp(filepath.Dir(dst), ".tacticalagent*")
	if err != nil {
		return errors.Join(err, in.Close())
	}
	_, err = io.Copy(out, in)
	err = errors.Join(err, in.Close(), out.Chmod(0o755), out.Sync(), out.Close())
	if err == nil {
		err = os.Rename(out.Name(), dst)
	}
	if err != nil {
		return errors.Join(err, os.Remove(out.Name()))
	}
	return nil
}
