package schema_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
)

// TestDeleting follows domain.md Appendix B: what a delete takes with it and what it only unsets.
func TestDeleting(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		sql  string
		gone []string // queries that must count zero rows afterwards
		kept []string // queries that must count rows afterwards
	}{
		"agent": {
			sql: "DELETE FROM agents WHERE id = 1",
			gone: []string{"agent_presence WHERE agent_id = 1", "agent_inventory WHERE agent_id = 1", "agent_search WHERE agent_id = 1", "agent_check_counts WHERE agent_id = 1",
				"agent_tokens WHERE agent_id = 1", "checks WHERE agent_id = 1", "tasks WHERE agent_id = 1", "check_results", "task_results", "notes", "agent_history",
				"agent_custom_fields", "alerts", "pending_actions", "debug_log", "enrolment_agents"},
			kept: []string{"audit_log", "check_history", "checks WHERE policy_id = 1", "agents WHERE id = 2"},
		},
		"client without agents": {
			sql:  "DELETE FROM agents WHERE site_id = 1; DELETE FROM clients WHERE id = 1",
			gone: []string{"sites WHERE client_id = 1", "client_custom_fields", "site_custom_fields", "role_clients", "deployments", "enrolments"},
			kept: []string{"roles"},
		},
		"policy": {
			sql: "DELETE FROM policies WHERE id = 1",
			gone: []string{"checks WHERE id = 2", "tasks WHERE id = 2", "check_results WHERE assigned_check_id = 2", "task_results WHERE task_id = 2", "alerts WHERE assigned_check_id = 2",
				"win_update_policies WHERE policy_id IS NOT NULL", "policy_excluded_agents", "agents WHERE policy_id IS NOT NULL", "clients WHERE server_policy_id IS NOT NULL",
				"sites WHERE workstation_policy_id IS NOT NULL", "core_settings WHERE server_policy_id IS NOT NULL"},
			kept: []string{"agents WHERE id = 1", "core_settings"},
		},
		"check": {
			sql:  "DELETE FROM checks WHERE id = 1",
			gone: []string{"check_results WHERE assigned_check_id = 1", "alerts WHERE assigned_check_id = 1"},
			kept: []string{"tasks WHERE id = 1 AND assigned_check_id IS NULL", "check_history"},
		},
		"task":   {sql: "DELETE FROM tasks WHERE id = 1", gone: []string{"task_results WHERE task_id = 1", "alerts WHERE assigned_task_id = 1"}},
		"script": {sql: "DELETE FROM scripts", gone: []string{"checks WHERE id = 2"}, kept: []string{"alert_templates WHERE action_id IS NULL", "agent_history WHERE script_id IS NULL"}},
		"alert template": {
			sql: "DELETE FROM alert_templates",
			kept: []string{"agents WHERE id = 1 AND alert_template_id IS NULL", "clients WHERE id = 1 AND alert_template_id IS NULL", "policies WHERE alert_template_id IS NULL",
				"core_settings WHERE alert_template_id IS NULL"},
		},
		"url action":   {sql: "DELETE FROM url_actions", kept: []string{"users WHERE url_action_id IS NULL", "alert_templates WHERE resolved_action_rest_id IS NULL"}},
		"custom field": {sql: "DELETE FROM custom_fields", gone: []string{"agent_custom_fields", "client_custom_fields", "site_custom_fields"}, kept: []string{"tasks WHERE id = 1 AND custom_field_id IS NULL", "agent_history WHERE custom_field_id IS NULL"}},
		"role":         {sql: "DELETE FROM roles", gone: []string{"role_clients", "role_sites"}, kept: []string{"users WHERE role_id IS NULL"}},
		"user":         {sql: "DELETE FROM users", gone: []string{"api_keys", "sessions", "deployments"}, kept: []string{"notes WHERE user_id IS NULL AND note = 'new fan'"}},
		"report":       {sql: "DELETE FROM report_templates", gone: []string{"report_schedules", "report_history"}, kept: []string{"schedules"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pool := filled(t)
			exec(t, pool, c.sql)
			for _, from := range c.gone {
				require.Equal(t, []int64{0}, column[int64](t, pool, "SELECT count(*) FROM "+from), from)
			}
			for _, from := range c.kept {
				require.NotEqual(t, []int64{0}, column[int64](t, pool, "SELECT count(*) FROM "+from), from)
			}
		})
	}
}

func TestWhatIsInUseIsNotDeleted(t *testing.T) {
	t.Parallel()
	pool := filled(t)
	for _, sql := range []string{
		"DELETE FROM sites WHERE id = 1", "DELETE FROM clients WHERE id = 1", "DELETE FROM schedules", "DELETE FROM report_html_templates",
	} {
		_, err := pool.Exec(context.Background(), sql)
		var refused *pgconn.PgError
		require.True(t, errors.As(err, &refused), sql)
		require.Equal(t, "23", refused.Code[:2], sql)
	}
}
