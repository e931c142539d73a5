package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/busauth"
	"github.com/gueencode/gueenrmm/pkg/heartbeats"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/lifecycle"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
	"github.com/gueencode/gueenrmm/pkg/presence"
	"github.com/gueencode/gueenrmm/services/internal/backbone"
)

// wire builds the service. Parts start in this order and stop in reverse: agents are admitted when everything that
// serves them works, and what takes messages stops before the connections it takes them from.
func wire(ctx context.Context, cfg *settings, rt *service.Runtime) error {
	db, err := backbone.Database(ctx, rt, cfg.Database)
	if err != nil {
		return err
	}
	services, err := backbone.Bus(rt, cfg.NATS)
	if err != nil {
		return err
	}
	system, err := backbone.BusAs(rt, cfg.NATS, "nats_system", cfg.System.User, cfg.System.Password)
	if err != nil {
		return err
	}
	auth, err := authConnections(cfg, rt)
	if err != nil {
		return err
	}
	if err := addResults(cfg, rt, db.Pool, services); err != nil {
		return err
	}
	// A connection of their own: a storm of inventory that fills it does not hold up results and presence.
	checkins, err := backbone.BusAs(rt, cfg.NATS, "nats_checkins", cfg.NATS.User, cfg.NATS.Password)
	if err != nil {
		return err
	}
	ingest, err := heartbeats.New(heartbeats.Deps{
		Conn: checkins, Pool: db.Pool, Logger: rt.Log, Metrics: rt.Metrics, Now: time.Now, Interval: cfg.Ingest.Interval,
	})
	if err != nil {
		return err
	}
	rt.Lifecycle.Add("check-ins", ingest, lifecycle.StopWithin(30*time.Second))
	present, err := presence.New(presence.Deps{
		System: system, Services: services, Pool: db.Pool, Logger: rt.Log, Metrics: rt.Metrics, Now: time.Now, Reconcile: cfg.Ingest.Reconcile,
	})
	if err != nil {
		return err
	}
	rt.Lifecycle.Add("presence", present)
	return addAdmission(cfg, rt, db.Pool, auth, present)
}

// authConnections opens the connections over which agents are admitted. The first stands for all in the readiness.
func authConnections(cfg *settings, rt *service.Runtime) ([]*bus.Conn, error) {
	first, err := backbone.BusAs(rt, cfg.NATS, "nats_auth", cfg.Auth.User, cfg.Auth.Password)
	if err != nil {
		return nil, err
	}
	conns := []*bus.Conn{first}
	for i := 2; i <= cfg.Admit.Conns; i++ {
		name := fmt.Sprintf("%s nats_auth %d", rt.Name, i)
		conn, err := bus.Open(bus.Settings{URL: cfg.NATS.URL.Reveal(), User: cfg.Auth.User, Password: cfg.Auth.Password.Reveal(), Name: name},
			rt.Log, rt.Metrics, nil)
		if err != nil {
			return nil, fmt.Errorf("open connection %s: %w", name, err)
		}
		rt.Lifecycle.Add(name, conn)
		conns = append(conns, conn)
	}
	return conns, nil
}

// addAdmission answers which agents may connect.
func addAdmission(cfg *settings, rt *service.Runtime, pool *pgxpool.Pool, auth []*bus.Conn, present *presence.Service) error {
	tokens := agents.NewTokens(pool, rt.Log, time.Now)
	tokens.OnChange(present.Suspect)
	signer, err := bus.NewSigner(cfg.Auth.IssuerSeed.Reveal())
	if err != nil {
		return err
	}
	responder, err := busauth.New(busauth.Deps{
		Conns: auth, Signer: signer, Authenticate: authenticate(tokens), Logger: rt.Log, Metrics: rt.Metrics, Now: time.Now,
		Limits: busauth.Limits{Waiting: cfg.Admit.Waiting, Patience: cfg.Admit.Patience},
	})
	if err != nil {
		return err
	}
	rt.Lifecycle.Go("agent tokens", tokens.Run)
	rt.Lifecycle.Go("admission", admit(tokens.Loaded(), responder))
	return nil
}

const (
	// Without a database the cache does not fill; agents are then told to try again instead of being kept waiting.
	warmUp     = 5 * time.Second
	stopWithin = 8 * time.Second
)

// admit runs the responder once the tokens are in memory: after a restart all agents return at once.
func admit(loaded <-chan struct{}, responder *busauth.Responder) func(context.Context) error {
	return func(ctx context.Context) error {
		timer := time.NewTimer(warmUp)
		defer timer.Stop()
		select {
		case <-ctx.Done():
			return nil
		case <-loaded:
		case <-timer.C:
		}
		if err := responder.Start(ctx); err != nil {
			return err
		}
		<-ctx.Done()
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
		defer cancel()
		return responder.Stop(stop)
	}
}

func authenticate(tokens *agents.Tokens) busauth.Authenticate {
	return func(ctx context.Context, agentID, token string) (busauth.Verdict, error) {
		_, err := tokens.Authenticate(ctx, agentID, token)
		switch {
		case err == nil:
			return busauth.Accepted, nil
		case errors.Is(err, agents.ErrUnknownToken):
			return busauth.Unknown, nil
		case errors.Is(err, agents.ErrForeignToken):
			return busauth.Foreign, nil
		case errors.Is(err, agents.ErrDisabled):
			return busauth.Disabled, nil
		}
		return "", err
	}
}
