package service

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/gueencode/gueenrmm/pkg/platform/metrics"
)

// Description is what a program is made of (`--describe-program`); the reference pages are written from it.
type Description struct {
	Program      string                     `json:"program"`
	Dependencies []Dependency               `json:"dependencies"`
	Metrics      []metrics.Metric           `json:"metrics"`
	Reference    map[string]json.RawMessage `json:"reference,omitempty"`
}

// Dependency is what the program names in /readyz.
type Dependency struct {
	Name     string `json:"name"`
	Optional bool   `json:"optional,omitempty"` // the program is ready without it
}

// describe builds the service, which waits for nothing, and writes what it is made of instead of starting it.
func describe[C any](ctx context.Context, cfg *C, env []string, spec Spec[C]) error {
	rt, err := newRuntime(spec.Name, env, any(cfg).(interface{ base() *Base }).base(), io.Discard)
	if err != nil {
		return err
	}
	if err := spec.Wire(ctx, cfg, rt); err != nil {
		return fmt.Errorf("build %s: %w", spec.Name, err)
	}
	d := Description{Program: spec.Name, Reference: map[string]json.RawMessage{}}
	if d.Metrics, err = rt.Metrics.Catalogue(); err != nil {
		return fmt.Errorf("list metrics: %w", err)
	}
	_, states := rt.Health.Ready()
	for _, s := range states {
		d.Dependencies = append(d.Dependencies, Dependency{Name: s.Name, Optional: s.Optional})
	}
	for page, content := range rt.Reference {
		if d.Reference[page], err = json.Marshal(content); err != nil {
			return fmt.Errorf("encode reference of %s: %w", page, err)
		}
	}
	enc := json.NewEncoder(spec.Output)
	enc.SetIndent("", "  ")
	return enc.Encode(d)
}
