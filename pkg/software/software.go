// Package software owns what is installed on agents: the list each agent reports (domain.md §1.12). The list is kept in the
// software columns of agent_inventory, which this package alone writes.
package software

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// MaxItems bounds the list of one agent.
const MaxItems = 20_000

// ErrReport marks a list that cannot be understood.
var ErrReport = errors.New("software report is not valid")

// DB is what a query needs: the pool or a transaction.
type DB = postgres.Querier

// Decode reads the body of a software post (agent-protocol.md §4.5). A missing or null list is empty; values that are no
// text become their JSON text. Errors wrap ErrReport and never quote the input.
func Decode(body []byte) ([]agentwire.Software, error) {
	var raw struct {
		Software []map[string]json.RawMessage `json:"software"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, fmt.Errorf("%w: not the expected JSON object", ErrReport)
	}
	if len(raw.Software) > MaxItems {
		return nil, fmt.Errorf("%w: more than %d items", ErrReport, MaxItems)
	}
	out := make([]agentwire.Software, len(raw.Software))
	for i, item := range raw.Software {
		out[i] = agentwire.Software{
			Name: text(item["name"]), Version: text(item["version"]), Publisher: text(item["publisher"]),
			InstallDate: text(item["install_date"]), Size: text(item["size"]), Source: text(item["source"]),
			Location: text(item["location"]), Uninstall: text(item["uninstall"]),
		}
	}
	return out, nil
}

// text reads a loosely typed value; Postgres cannot hold NUL.
func text(v json.RawMessage) string {
	v = bytes.TrimSpace(v)
	if len(v) == 0 || string(v) == "null" {
		return ""
	}
	s := string(v)
	if v[0] == '"' {
		if err := json.Unmarshal(v, &s); err != nil {
			return ""
		}
	}
	return strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
}

// Incoming is the list of one agent as it comes out of the result stream.
type Incoming struct {
	AgentPK  int32
	Items    []agentwire.Software
	Received time.Time
}

const saveQuery = `UPDATE agent_inventory i
	SET software = CASE WHEN i.software_hash IS DISTINCT FROM n.hash THEN n.list ELSE i.software END,
		software_hash = n.hash, software_time = n.at
	FROM unnest($1::int[], $2::jsonb[], $3::bytea[], $4::timestamptz[]) AS n (agent, list, hash, at)
	WHERE i.agent_id = n.agent AND (i.software_time IS NULL OR i.software_time <= n.at)`

// Apply replaces the lists of a batch in the caller's transaction. The last list of an agent counts; one older than the
// stored list changes nothing.
func Apply(ctx context.Context, tx DB, batch []Incoming) error {
	latest := map[int32]int{}
	for i, in := range batch {
		if before, seen := latest[in.AgentPK]; !seen || !in.Received.Before(batch[before].Received) {
			latest[in.AgentPK] = i
		}
	}
	var (
		pks    []int32
		lists  []string
		hashes [][]byte
		times  []time.Time
	)
	for pk, i := range latest {
		list, err := json.Marshal(batch[i].Items)
		if err != nil {
			return fmt.Errorf("encode software: %w", err)
		}
		sum := sha256.Sum256(list)
		pks, lists, hashes, times = append(pks, pk), append(lists, string(list)), append(hashes, sum[:]), append(times, batch[i].Received)
	}
	if len(pks) == 0 {
		return nil
	}
	if _, err := tx.Exec(ctx, saveQuery, pks, lists, hashes, times); err != nil {
		return fmt.Errorf("save software: %w", err)
	}
	return nil
}

// Installed is the list of one agent as the contract shows it. An agent has one list, so its key is the list's.
type Installed struct {
	ID       int32           `json:"id"`
	Software json.RawMessage `json:"software"`
	Agent    int32           `json:"agent"`
}

// Service reads the lists.
type Service struct {
	pool *pgxpool.Pool
}

// NewService returns the service.
func NewService(pool *pgxpool.Pool) *Service { return &Service{pool: pool} }

// ForEach calls f with the list of every agent in the scope that has one. Lists are long and are handed on one by one.
func (s *Service) ForEach(ctx context.Context, scope access.Scope, f func(Installed) error) error {
	rows, err := s.pool.Query(ctx, `SELECT i.agent_id, i.software FROM agent_inventory i JOIN agents a ON a.id = i.agent_id
		JOIN sites s ON s.id = a.site_id
		WHERE i.software IS NOT NULL AND ($1 OR s.client_id = ANY ($2) OR s.id = ANY ($3)) ORDER BY i.agent_id`,
		scope.All, scope.Clients, scope.Sites)
	if err != nil {
		return fmt.Errorf("list software: %w", err)
	}
	var in Installed
	if _, err := pgx.ForEachRow(rows, []any{&in.Agent, &in.Software}, func() error {
		in.ID = in.Agent
		err := f(in)
		in.Software = nil
		return err
	}); err != nil {
		return fmt.Errorf("list software: %w", err)
	}
	return nil
}

// OfAgent returns the list of one agent, or nil when it has never sent one.
func (s *Service) OfAgent(ctx context.Context, agentPK int32) (*Installed, error) {
	in := Installed{ID: agentPK, Agent: agentPK}
	err := s.pool.QueryRow(ctx, `SELECT software FROM agent_inventory WHERE agent_id = $1 AND software IS NOT NULL`, agentPK).Scan(&in.Software)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil //nolint:nilnil // no list is an answer of its own
	}
	if err != nil {
		return nil, fmt.Errorf("read software: %w", err)
	}
	return &in, nil
}
