package actions

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/version"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Releases gives the address of an agent binary; ok is false when there is none for the platform.
type Releases interface {
	URL(plat, goarch string) (url string, ok bool)
}

// update is what agents are told, and what the pending action shows (rest-1.md Annex C).
type update struct {
	URL     string `json:"url"`
	Version string `json:"version"`
	Inno    string `json:"inno"`
}

// Update brings the latest version to those of the named agents of the scope that are older. Agents that cannot be updated
// are left out with a row in the debug log.
func (s *Service) Update(ctx context.Context, scope access.Scope, releases Releases, agentIDs []string) error {
	if len(agentIDs) == 0 {
		return nil
	}
	targets, err := s.Agents.Select(ctx, scope, agents.Selection{AgentIDs: agentIDs})
	if err != nil {
		return err
	}
	updates, commands := map[int32]any{}, map[string]agentwire.Command{}
	for _, t := range targets {
		if version.AtLeast(t.Version, s.Options.LatestAgent) {
			continue
		}
		url, ok := releases.URL(t.Plat, t.Goarch)
		if t.Goarch == "" || !ok || !version.AtLeast(t.Version, "1.3.1") {
			message := fmt.Sprintf("Unable to determine an update for %s %s agent %s", t.Plat, t.Goarch, t.Version)
			if err := s.Agents.Debug(ctx, t.PK, "warning", "agent_update", message); err != nil {
				return err
			}
			continue
		}
		u := update{URL: url, Version: s.Options.LatestAgent,
			Inno: fmt.Sprintf("tacticalagent-v%s-%s-%s.exe", s.Options.LatestAgent, t.Plat, t.Goarch)}
		updates[t.PK] = u
		commands[t.AgentID] = agentwire.Command{Func: agentwire.FuncAgentUpdate,
			Payload: map[string]string{"url": u.URL, "version": u.Version, "inno": u.Inno}}
	}
	if len(updates) == 0 {
		return nil
	}
	err = pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) error { return s.Agents.ReplaceUpdateActions(ctx, tx, updates) })
	if err != nil {
		return err
	}
	for id, cmd := range commands {
		if err := s.Commander.Publish(ctx, id, cmd); err != nil {
			// The pending action stays: the periodic update sends it again.
			s.Log.Warn("agent update was not sent", zap.String("agent_id", id), zap.Error(err))
		}
	}
	return nil
}

// AutoUpdate brings the latest version to every connected agent that is older, if the global settings say so (domain.md §2.3), and
// returns how many agents were told. One that is away is told when it is there at a later run; one without a binary is left alone.
func (s *Service) AutoUpdate(ctx context.Context, releases Releases) (told int64, err error) {
	core, err := s.Settings.Get(ctx)
	if err != nil {
		return 0, err
	}
	if !core.AgentAutoUpdate {
		return 0, nil
	}
	targets, err := s.Agents.Select(ctx, access.Everything(), agents.Selection{})
	if err != nil {
		return 0, err
	}
	var ids []string
	for _, t := range targets {
		_, has := releases.URL(t.Plat, t.Goarch)
		if t.Connected && has && t.Goarch != "" && version.AtLeast(t.Version, "1.3.1") && !version.AtLeast(t.Version, s.Options.LatestAgent) {
			ids = append(ids, t.AgentID)
		}
	}
	return int64(len(ids)), s.Update(ctx, access.Everything(), releases, ids)
}

// RecoverAll makes every agent restart the remote-desktop agent beside it, in the background.
func (s *Service) RecoverAll(ctx context.Context) error {
	targets, err := s.Agents.Select(ctx, access.Everything(), agents.Selection{})
	if err != nil {
		return err
	}
	ids := make([]string, len(targets))
	for i, t := range targets {
		ids[i] = t.AgentID
	}
	return pgx.BeginFunc(ctx, s.Pool, func(tx pgx.Tx) error {
		_, err := outbox.Enqueue(ctx, tx, idJobs(KindRecoverMesh().Name, ids)...)
		return err
	})
}

// Uninstall tells the machine to remove the agent, and removes it from the product whether or not the message arrives.
func (s *Service) Uninstall(ctx context.Context, ref agents.Ref, code string) error {
	cmd := agentwire.Command{Func: agentwire.FuncUninstall, Code: code}
	if err := s.Commander.Publish(ctx, ref.AgentID, cmd); err != nil {
		s.Log.Warn("agent was not told to uninstall itself", zap.String("agent_id", ref.AgentID), zap.Error(err))
	}
	return s.Agents.Delete(ctx, ref)
}
