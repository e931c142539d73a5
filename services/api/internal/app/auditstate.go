package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// state reads what a change is about, for the audit rows that the operation layer writes: the row before and, when it is still
// there, after. Domains that write their own rows read it themselves.
type state struct {
	sql  string
	args func(c *rest.Call, body map[string]any) []any
}

func param(name string) func(*rest.Call, map[string]any) []any {
	return func(c *rest.Call, _ map[string]any) []any { return []any{c.Params()[name]} }
}

func member(name string) func(*rest.Call, map[string]any) []any {
	return func(_ *rest.Call, body map[string]any) []any { return []any{fmt.Sprint(body[name])} }
}

func caller(c *rest.Call, _ map[string]any) []any { return []any{fmt.Sprint(c.Principal.UserID)} }

// The states. Parameters are compared as text, so that whatever a caller sends finds no row instead of failing. None of them shows
// what opens something: digests and hashes are no credentials, but say whether they changed only by what hangs on them.
const (
	noteState = `SELECT n.id, a.agent_id, a.hostname, u.username, n.note, n.entry_time FROM notes n JOIN agents a ON a.id = n.agent_id
		LEFT JOIN users u ON u.id = n.user_id WHERE n.id::text = $1`
	snippetState    = `SELECT * FROM script_snippets WHERE id::text = $1`
	deploymentState = `SELECT d.id, d.uid, c.name AS client, s.name AS site, d.mon_type, d.goarch, d.expiry, d.created, d.install_flags FROM deployments d
		JOIN sites s ON s.id = d.site_id JOIN clients c ON c.id = s.client_id WHERE d.id::text = $1`
	sessionState = `SELECT u.username, s.created, s.expiry, s.last_used, host(s.ip) AS ip, s.kind FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.digest = $1`
	accountState = `SELECT u.id, u.username, coalesce(u.totp_key, '') <> '' AS has_second_factor, u.modified_by, u.modified_time,
		(SELECT count(*) FROM sessions s WHERE s.user_id = u.id) AS sessions FROM users u WHERE u.id::text = $1`
	maintenanceState = `SELECT count(*) AS agents, count(*) FILTER (WHERE a.maintenance_mode) AS in_maintenance, min(CASE $2 WHEN 'Client' THEN c.name ELSE s.name END) AS place
		FROM agents a JOIN sites s ON s.id = a.site_id JOIN clients c ON c.id = s.client_id WHERE CASE $2 WHEN 'Client' THEN c.id ELSE s.id END::text = $1`
	resultState = `SELECT k.name, r.status, r.fail_count, r.last_run FROM (SELECT id, assigned_check_id, status, fail_count, last_run FROM check_results) r
		JOIN checks k ON k.id = r.assigned_check_id WHERE r.id::text = $1`
	resultsState = `SELECT count(*) AS results, count(*) FILTER (WHERE r.status = 'failing') AS failing, count(*) FILTER (WHERE r.status = 'passing') AS passing
		FROM check_results r JOIN agents a ON a.id = r.agent_id WHERE a.agent_id = $1`
)

func states() map[string]state {
	list := map[string]state{
		"updateNote": {noteState, param("pk")}, "deleteNote": {noteState, param("pk")},
		"updateSnippet": {snippetState, param("pk")}, "deleteSnippet": {snippetState, param("pk")},
		"deleteDeployment": {deploymentState, param("pk")},
		"endSession":       {sessionState, param("digest")}, "endOwnSession": {sessionState, param("digest")},
		"endSessions": {accountState, param("pk")},
		"logout":      {accountState, caller}, "logoutEverywhere": {accountState, caller},
		"resetOwnPassword": {accountState, caller}, "resetOwnTotp": {accountState, caller}, "setUpTotp": {accountState, caller},
		"setMaintenance": {maintenanceState, func(_ *rest.Call, body map[string]any) []any {
			return []any{fmt.Sprint(body["id"]), fmt.Sprint(body["type"])}
		}},
		"resetCheck": {resultState, param("pk")}, "resetChecks": {resultsState, param("agent_id")},
	}
	for _, id := range []string{"resetUserPassword", "resetUserTotp", "resetUserPasswordAlternate", "resetUserTotpAlternate"} {
		list[id] = state{accountState, member("id")}
	}
	return list
}

// auditState returns the state of what an operation is about, nil for operations that have none and for what does not exist.
func (a *App) auditState(ctx context.Context, c *rest.Call, body []byte) (any, error) {
	one, known := a.states[c.Operation.ID]
	if !known {
		return nil, nil
	}
	members := map[string]any{}
	if len(body) > 0 && json.Unmarshal(body, &members) != nil {
		return nil, nil //nolint:nilerr // its operation says what is wrong with it
	}
	var row json.RawMessage
	err := a.infra.Pool.QueryRow(ctx, `SELECT to_jsonb(x) FROM (`+one.sql+`) x`, one.args(c, members)...).Scan(&row)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what %s is about: %w", c.Operation.ID, err)
	}
	return row, nil
}
