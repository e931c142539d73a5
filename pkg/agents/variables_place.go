package agents

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
	"github.com/gueencode/gueenrmm/pkg/variables"
)

// PlaceVariables returns what placeholders of the texts can reach from a site or a client, and of the kind Global what they can
// reach from nowhere: the key store.
func (s *Service) PlaceVariables(ctx context.Context, kind variables.Root, id int32, texts ...[]string) (*variables.Data, error) {
	globals, err := s.globalsOf(ctx, texts...)
	if err != nil {
		return nil, err
	}
	d := &variables.Data{Kind: kind, Globals: globals}
	var row agentsdb.ListAgentVariablesRow // of which only site and client count
	switch kind {
	case variables.Site:
		found, err := s.q.GetSiteVariables(ctx, s.pool, id)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, fault.NotFound("Site")
		}
		if err != nil {
			return nil, fmt.Errorf("read site for variables: %w", err)
		}
		row.Site, row.Client = found.Site, found.Client
		d.Self, _ = places(row.Site, row.Client)
	case variables.Client:
		if row.Client, err = s.q.GetClientVariables(ctx, s.pool, id); errors.Is(err, pgx.ErrNoRows) {
			return nil, fault.NotFound("Client")
		}
		if err != nil {
			return nil, fmt.Errorf("read client for variables: %w", err)
		}
		_, d.Self = places(row.Site, row.Client)
	default:
		return d, nil
	}
	fields, err := s.fieldVariables(ctx, []agentsdb.ListAgentVariablesRow{row})
	if err != nil {
		return nil, err
	}
	d.Fields = map[variables.Root]map[string]variables.Field{variables.Client: fields.of("client", row.Client.ID)}
	if kind == variables.Site {
		d.Fields[variables.Site] = fields.of("site", row.Site.ID)
	}
	return d, nil
}

// places are a site and its client as placeholders see them.
func places(si agentsdb.Site, cl agentsdb.Client) (site, client *variables.Object) {
	client = &variables.Object{Display: cl.Name, Attributes: map[string]any{
		"id": int64(cl.ID), "name": cl.Name, "block_policy_inheritance": cl.BlockPolicyInheritance, "failing_checks": cl.FailingChecks,
	}}
	site = &variables.Object{Display: si.Name, Attributes: map[string]any{
		"id": int64(si.ID), "name": si.Name, "block_policy_inheritance": si.BlockPolicyInheritance, "failing_checks": si.FailingChecks,
		"client": client,
	}}
	return site, client
}
