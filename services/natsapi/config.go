package main

import (
	"errors"
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

// settings are those of natsapi.
type settings struct {
	service.Base
	Database config.Database
	NATS     config.NATS
	System   config.NATSSystem
	Auth     config.NATSAuth
	Ingest   ingestSettings
}

type ingestSettings struct {
	Interval  time.Duration `conf:"checkins.interval" default:"150ms" min:"10ms" max:"10s" help:"Longest time a check-in waits for its batch."`
	Reconcile time.Duration `conf:"presence.compare_interval" default:"2m" min:"5s" max:"1h" help:"Time between comparisons of presence with the bus's list of connections."`
}

// Validate checks the rules across fields.
func (s *settings) Validate() error {
	if s.Auth.IssuerSeed.Reveal() == "" {
		return errors.New("nats.issuer_seed is needed to admit agents; make one with rmmctl nats-config issuer-seed")
	}
	return nil
}
