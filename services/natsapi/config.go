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
	Admit    admissionSettings
	Results  resultSettings
	Stream   config.ResultStream
}

type ingestSettings struct {
	Interval  time.Duration `conf:"checkins.interval" default:"150ms" min:"10ms" max:"10s" help:"Longest time a check-in waits for its batch."`
	Reconcile time.Duration `conf:"presence.compare_interval" default:"2m" min:"5s" max:"1h" help:"Time between comparisons of presence with the bus's list of connections."`
}

// admissionSettings bound the agents that wait for admission to the bus when a fleet returns at once.
type admissionSettings struct {
	Conns    int           `conf:"admission.connections" default:"8" min:"1" max:"64" help:"Connections to nats-server over which agents are admitted: it works off the answers of one connection one by one."`
	Waiting  int           `conf:"admission.waiting" default:"4096" min:"64" max:"100000" help:"Agents that may wait for admission to the bus; more are told at once to come again."`
	Patience time.Duration `conf:"admission.patience" default:"1500ms" min:"100ms" max:"2s" help:"Longest time an agent waits for admission before it is told to come again; deployed agents give up after two seconds."`
}

// resultSettings bound the batches in which results are applied, and say when their store is in danger.
type resultSettings struct {
	Batch      int           `conf:"results.batch" default:"1000" min:"1" max:"5000" help:"Results that one transaction takes at most."`
	BatchBytes config.Bytes  `conf:"results.batch_bytes" default:"48MiB" help:"About how many bytes of results one transaction takes; one result of up to 32 MiB always fits."`
	Gather     time.Duration `conf:"results.gather" default:"25ms" min:"1ms" max:"1s" help:"How long a transaction waits for company while results come in crowds: a transaction costs the database as much as 30 results."`
	InFlight   int           `conf:"results.unacknowledged" default:"5000" min:"100" max:"100000" help:"Results that all replicas together may have taken from the store and not yet applied."`
	AlarmFill  int           `conf:"results.alarm_fill" default:"50" min:"1" max:"99" unit:"percent" help:"Fill level of the store at which it is reported in danger: half of it is left to act."`
	AlarmAge   time.Duration `conf:"results.alarm_age" default:"15m" min:"1m" help:"Age of the oldest unapplied result at which the store is reported in danger."`
	AlarmMail  bool          `conf:"results.alarm_mail" default:"true" help:"Mails the recipients of the global settings, once a day, when the store is in danger or when results could not be applied."`
}

// Validate checks the rules across fields.
func (s *settings) Validate() error {
	if s.Auth.IssuerSeed.Reveal() == "" {
		return errors.New("nats.issuer_seed is needed to admit agents; make one with rmmctl nats-config issuer-seed")
	}
	return nil
}
