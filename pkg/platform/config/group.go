package config

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/seal"
)

// Database is the Postgres connection of a program.
type Database struct {
	URL              URL           `conf:"database.url" default:"postgres://gueen@127.0.0.1:5433/gueen?sslmode=disable" required:"true" help:"Address of the Postgres database."`
	MaxConns         int32         `conf:"database.max_conns" default:"20" min:"1" max:"1000" unit:"connections" help:"Largest number of connections this program opens."`
	MinConns         int32         `conf:"database.min_conns" default:"0" min:"0" max:"1000" unit:"connections" help:"Connections kept open when idle."`
	ConnectTimeout   time.Duration `conf:"database.connect_timeout" default:"5s" min:"100ms" help:"Give up on one connection attempt after this time."`
	StatementTimeout time.Duration `conf:"database.statement_timeout" default:"30s" min:"0s" help:"The server cancels a statement after this time; 0 never."`
	LockTimeout      time.Duration `conf:"database.lock_timeout" default:"10s" min:"0s" help:"The server cancels a wait for a lock after this time; 0 never."`
}

// Validate checks the rules across fields.
func (d *Database) Validate() error {
	if d.MinConns > d.MaxConns {
		return fmt.Errorf("database.min_conns (%d) must not exceed database.max_conns (%d)", d.MinConns, d.MaxConns)
	}
	if s := d.URL.Parsed().Scheme; s != "postgres" && s != "postgresql" {
		return errors.New("database.url must start with postgres://")
	}
	return nil
}

// Redis is the connection to Redis or Valkey, which holds queues and short-lived caches.
type Redis struct {
	URL URL `conf:"redis.url" default:"redis://127.0.0.1:6380/0" required:"true" help:"Address of Redis: redis://[user:password@]host:port/number, or rediss:// for TLS."`
}

// NATS is the connection of a service to nats-server (account of the services).
type NATS struct {
	URL      URL    `conf:"nats.url" default:"nats://127.0.0.1:4222" required:"true" help:"Address of nats-server."`
	User     string `conf:"nats.user" default:"services" help:"User of the services' account."`
	Password Secret `conf:"nats.password" help:"Password of the services' account."`
}

// NATSSystem is the system account: connect and disconnect events, disconnecting an agent.
type NATSSystem struct {
	User     string `conf:"nats.sys_user" default:"sys" help:"User of the system account."`
	Password Secret `conf:"nats.sys_password" help:"Password of the system account."`
}

// NATSAuth is what answers authentication call-outs.
type NATSAuth struct {
	User       string `conf:"nats.auth_user" default:"auth" help:"User of the account that answers authentication call-outs."`
	Password   Secret `conf:"nats.auth_password" help:"Password of the account that answers authentication call-outs."`
	IssuerSeed Secret `conf:"nats.issuer_seed" help:"Seed (SA…) of the account key that signs agents' permissions."`
}

// ResultStream bounds the store of results that are not in the database yet. Every service that touches the stream must be
// given the same values.
type ResultStream struct {
	MaxBytes Bytes         `conf:"results.store_bytes" default:"0B" help:"Largest size of the store of results; further ones are refused with 503, and agents keep them. 0: what nats-server may store at all (nats.server_max_store)."`
	MaxAge   time.Duration `conf:"results.store_age" default:"168h" min:"1h" max:"168h" help:"Results that could not be applied for this long are dropped. The ids of applied results are known for eight days: what waits longer could be applied twice."`
}

// Sealing is the key of what the database keeps sealed: second factors, API keys, passwords of other services.
type Sealing struct {
	Key   Secret `conf:"secret.key" help:"Secret of the installation, at least 32 characters, the same for all services. Second factors, API keys, the values of the key store and the passwords of the global settings are stored sealed with it; keep it apart from backups of the database, and do not lose it. Empty: they are stored in clear."`
	Older Secret `conf:"secret.older_key" help:"The secret before the present one, while what was sealed with it is sealed anew: the api does that when it starts."`
}

// Box returns what seals and opens.
func (s Sealing) Box() (*seal.Box, error) {
	older := []string{}
	if text := s.Older.Reveal(); text != "" {
		older = append(older, text)
	}
	box, err := seal.New(s.Key.Reveal(), older...)
	if err != nil {
		return nil, fmt.Errorf("secret.key: %w", err)
	}
	return box, nil
}

// Validate checks the secrets.
func (s *Sealing) Validate() error {
	_, err := s.Box()
	return err
}

// Log is the log of a program.
type Log struct {
	Level string `conf:"log.level" default:"info" enum:"debug,info,warn,error" help:"Lowest level that is logged."`
}

// PrivateListen is the private port: health and metrics, no secrets, not for the outside.
type PrivateListen struct {
	Address   string `conf:"private.listen" default:"127.0.0.1:9100" help:"Address of the private port with /healthz, /readyz and /metrics."`
	Profiling bool   `conf:"private.profiling" default:"false" help:"The private port also serves Go profiles under /debug/pprof/. They show what the program works on: leave it off unless looking for something."`
}

// Validate checks the address.
func (p *PrivateListen) Validate() error { return ListenAddress("private.listen", p.Address) }

// ListenAddress checks a host:port pair; key names the setting in the error.
func ListenAddress(key, address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("%s must be host:port, for example 127.0.0.1:8001", key)
	}
	return nil
}
