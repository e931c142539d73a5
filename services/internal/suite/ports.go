package suite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/gueencode/gueenrmm/pkg/platform/porthold"
)

const (
	portsAuto = "auto"       // the mode that picks free ports
	portsFile = "ports.json" // where it remembers them
)

// Automatic ports lie between these: above what services usually take, below what the kernel hands out.
const (
	lowestAuto  = 15000
	highestAuto = 31000
)

// each calls f with the flag name and a pointer to every port.
func (p *Ports) each(f func(flag string, port *int)) {
	v := reflect.ValueOf(p).Elem()
	for i := range v.NumField() {
		if port, ok := v.Field(i).Addr().Interface().(*int); ok {
			f(v.Type().Field(i).Tag.Get("flag"), port)
		}
	}
}

// settle fills automatic ports, from the file of an earlier start when there is one: agents and browsers remember the
// address. While the result is open nobody else is handed one of them: until something listens, seconds pass.
func (p *Ports) settle(ctx context.Context, dir string) (held claims, err error) {
	if p.Mode != portsAuto {
		return nil, nil
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, held.Close())
		}
	}()
	path := filepath.Join(dir, portsFile)
	text, err := os.ReadFile(filepath.Clean(path))
	switch {
	case err == nil:
		if err := json.Unmarshal(text, p); err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		p.each(func(_ string, port *int) {
			if _, release, err := porthold.Hold(ctx, *port); err == nil { // else whether it is free is seen when it is needed
				held = append(held, release)
			}
		})
		return held, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read ports: %w", err)
	}
	var failed error
	p.each(func(_ string, port *int) {
		for range 1000 {
			n, release, err := porthold.Hold(ctx, lowestAuto+rand.IntN(highestAuto-lowestAuto))
			if err == nil {
				held = append(held, release)
				*port = n
				return
			}
		}
		failed = errors.New("no free port found")
	})
	if failed != nil {
		return held, failed
	}
	text, err = json.MarshalIndent(p, "", "  ")
	if err != nil {
		return held, fmt.Errorf("write ports: %w", err)
	}
	return held, os.WriteFile(path, text, 0o600)
}

// claims give back ports that nobody else is handed; the kernel does when the process dies.
type claims []func() error

// Close gives the ports back.
func (c claims) Close() error {
	var errs []error
	for _, release := range c {
		errs = append(errs, release())
	}
	return errors.Join(errs...)
}

// checkFree returns an error that names every taken port with the setting to change.
func (p *Ports) checkFree(ctx context.Context, dir string) error {
	var errs []error
	p.each(func(flag string, port *int) {
		if err := free(ctx, *port); err != nil {
			advice := fmt.Sprintf("choose another with --%s or GUEEN_RUN_%s, or --ports auto", flag, strings.ToUpper(strings.ReplaceAll(flag, "-", "_")))
			if p.Mode == portsAuto {
				advice = "remove " + filepath.Join(dir, portsFile) + ", which remembers it for --ports auto"
			}
			errs = append(errs, fmt.Errorf("port %d (%s) is taken (%w); %s", *port, flag, err, advice))
		}
	})
	return errors.Join(errs...)
}

func free(ctx context.Context, port int) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", local(port))
	if err != nil {
		return err
	}
	return l.Close()
}
