package checks

import (
	"context"
	"errors"
	"fmt"
	"sort"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// intervalQuery finds the shortest interval of an agent's checks, overridden ones included; less than 15 s counts as 15
// (domain.md §4.1).
const intervalQuery = `SELECT least(a.check_interval, (
		SELECT min(greatest(c.run_interval, 15)) FROM (
			SELECT o.run_interval FROM checks o WHERE o.agent_id = a.id AND o.run_interval > 0
			UNION ALL
			SELECT o.run_interval FROM agent_policy_checks e JOIN checks o ON o.id = e.check_id
			WHERE e.agent_id = a.id AND o.run_interval > 0) c))
	FROM agents a WHERE a.id = $1`

// Interval returns the seconds until the agent's next check run: never less than 1, as an agent would spin, and with the
// random part unless exact.
func (s *Service) Interval(ctx context.Context, agentPK int32, exact bool) (int, error) {
	var seconds int
	err := s.Pool.QueryRow(ctx, intervalQuery, agentPK).Scan(&seconds)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, fault.NotFound("Agent")
	}
	if err != nil {
		return 0, fmt.Errorf("read check interval: %w", err)
	}
	if !exact {
		seconds += s.Jitter()
	}
	return max(1, seconds), nil
}

// dueQuery reads the checks that an agent has to run: its own that no policy overrides, and its policy checks. With $2 all
// of them, else those that never ran or ran longer ago than their interval.
const dueQuery = `SELECT ` + selectDefinition + `
	FROM agents a
	CROSS JOIN LATERAL (
		SELECT o.id FROM checks o WHERE o.agent_id = a.id AND NOT o.overridden_by_policy
		UNION ALL SELECT e.check_id FROM agent_policy_checks e WHERE e.agent_id = a.id) due
	JOIN checks c ON c.id = due.id
	LEFT JOIN check_results r ON r.agent_id = a.id AND r.assigned_check_id = c.id
	WHERE a.id = $1 AND ($2 OR r.last_run IS NULL
		OR r.last_run < now() - make_interval(secs => coalesce(nullif(c.run_interval, 0), a.check_interval)))
	ORDER BY c.id`

// Runnable returns the due checks of an agent, or all of them, with scripts, arguments and variables filled in.
func (s *Service) Runnable(ctx context.Context, agentPK int32, all bool) ([]agentwire.Check, error) {
	defs, err := postgres.Collect(ctx, s.Pool, pgx.RowToStructByName[Definition], "read checks of agent", dueQuery, agentPK, all)
	if err != nil {
		return nil, err
	}
	var ids []int32
	var texts [][]string
	for i := range defs {
		if id := defs[i].Script; id != nil {
			ids = append(ids, *id)
			texts = append(texts, defs[i].ScriptArgs, defs[i].EnvVars)
		}
	}
	data, err := s.Variables.Variables(ctx, []int32{agentPK}, texts...)
	if err != nil {
		return nil, fmt.Errorf("read variables of agent: %w", err)
	}
	code, err := s.Scripts.Prepare(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("read scripts of checks: %w", err)
	}
	out := make([]agentwire.Check, 0, len(defs))
	for i := range defs {
		c := forAgent(&defs[i])
		if defs[i].Script != nil {
			p, ok := code[*defs[i].Script]
			if !ok {
				continue // deleted between the two reads
			}
			c.Script = &agentwire.CheckScriptBody{Code: p.Code, Shell: string(p.Shell), RunAsUser: p.RunAsUser,
				EnvVars: orEmpty(p.EnvVars), ScriptHash: p.Hash}
			c.ScriptArgs = data[agentPK].Args(string(p.Shell), c.ScriptArgs).Items
			c.EnvVars = data[agentPK].Env(string(p.Shell), c.EnvVars).Items
		}
		out = append(out, c)
	}
	return out, nil
}

// forAgent copies what agents get of a definition. The types are strict: agents discard the whole list for one field of
// the wrong type.
func forAgent(d *Definition) agentwire.Check {
	return agentwire.Check{
		ID: int64(d.ID), ScriptArgs: orEmpty(d.ScriptArgs), EnvVars: orEmpty(d.EnvVars), CheckType: string(d.CheckType),
		RunInterval: int(d.RunInterval), AlertSeverity: as[string](d.AlertSeverity), ErrorThreshold: number[int](d.ErrorThreshold),
		WarningThreshold: number[int](d.WarningThreshold), Disk: d.Disk, IP: d.IP, InfoReturnCodes: orEmpty(d.InfoReturnCodes),
		WarningReturnCodes: orEmpty(d.WarningReturnCodes), SuccessReturnCodes: orEmpty(d.SuccessReturnCodes),
		Timeout: number[int](d.Timeout), SvcName: d.SvcName, PassIfStartPending: d.PassIfStartPending,
		PassIfSvcNotExist: d.PassIfSvcNotExist, RestartIfStopped: d.RestartIfStopped, LogName: d.LogName,
		EventID: number[int](d.EventID), EventIDIsWildcard: d.EventIDIsWildcard, EventType: d.EventType,
		EventSource: d.EventSource, EventMessage: d.EventMessage, FailWhen: d.FailWhen,
		SearchLastDays: number[int](d.SearchLastDays), NumberOfEventsB4Alert: number[int](d.NumberOfEvents),
		ManagedByPolicy: d.ManagedByPolicy, Agent: number[int64](d.Agent),
	}
}

func as[T, F ~string](p *F) *T {
	if p == nil {
		return nil
	}
	v := T(*p)
	return &v
}

func number[T int | int64](p *int32) *T {
	if p == nil {
		return nil
	}
	v := T(*p)
	return &v
}

// orEmpty gives agents a list where the column holds null.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// assignedQuery says whether a check is the agent's own or a policy check that applies to it.
const assignedQuery = `SELECT c.check_type FROM checks c WHERE c.id = $2 AND (c.agent_id = $1
	OR EXISTS (SELECT FROM agent_policy_checks e WHERE e.agent_id = $1 AND e.check_id = c.id))`

// Assigned returns the type of a check that the agent may report about; any other check is not found for it.
func (s *Service) Assigned(ctx context.Context, agentPK, checkID int32) (Type, error) {
	var t Type
	err := s.Pool.QueryRow(ctx, assignedQuery, agentPK, checkID).Scan(&t)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fault.NotFound("Check")
	}
	if err != nil {
		return "", fmt.Errorf("find assigned check: %w", err)
	}
	return t, nil
}

func sorted(ids map[int32]struct{}) []int32 {
	out := make([]int32, 0, len(ids))
	for id := range ids {
		out = append(out, id)
	}
	sort.Slice(out, func(i, j int) bool { return out[i] < out[j] })
	return out
}
