package coreapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// TestEverySettingIsStored writes another value into every field and reads it back; a field that is added is added here.
func TestEverySettingIsStored(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	_, err := api.Pool.Exec(t.Context(), `INSERT INTO policies (id, name, active) VALUES (1, 'p', true); INSERT INTO alert_templates (id, name) VALUES (1, 't')`)
	require.NoError(t, err)
	admin := api.Admin()
	want := body{
		"email_alert_recipients": []any{"a@example.com", "b@example.com"}, "sms_alert_recipients": []any{"+15550000"},
		"twilio_number": "+1", "twilio_account_sid": "AC", "twilio_auth_token": "tok", "smtp_from_email": "f@example.com", "smtp_from_name": "From",
		"smtp_host": "mail", "smtp_host_user": "u", "smtp_host_password": "p", "smtp_port": 25.0, "smtp_requires_auth": false,
		"default_time_zone": "Asia/Tokyo", "check_history_prune_days": 1.0, "resolved_alerts_prune_days": 2.0, "agent_history_prune_days": 3.0,
		"debug_log_prune_days": 4.0, "audit_log_prune_days": 5.0, "report_history_prune_days": 6.0, "agent_debug_level": "critical",
		"clear_faults_days": 7.0, "mesh_token": "m", "mesh_username": "mu", "mesh_site": "https://mesh.example.com", "mesh_device_group": "g",
		"mesh_company_name": "c", "sync_mesh_with_trmm": false, "agent_auto_update": false, "workstation_policy": 1.0, "server_policy": 1.0,
		"alert_template": 1.0, "date_format": "YYYY", "open_ai_token": "k", "open_ai_model": "m", "enable_server_scripts": false,
		"enable_server_webterminal": true, "notify_on_info_alerts": true, "notify_on_warning_alerts": false, "default_shell_windows": "custom",
		"default_shell_windows_custom": `C:\x.exe`, "default_shell_linux": "custom", "default_shell_linux_custom": "/bin/zsh",
		"default_shell_darwin": "custom", "default_shell_darwin_custom": "/bin/zsh", "terminal_mode": "legacy",
	}
	var before, got body
	admin.Get("/core/settings/").OK(&before)
	fixed := []string{"id", "all_timezones", "created_by", "created_time", "modified_by", "modified_time", "block_local_user_logon", "sso_enabled"}
	require.Len(t, before, len(want)+len(fixed), "a setting is missing here")
	for k, v := range want {
		require.NotEqual(t, v, before[k], k)
	}
	admin.Put("/core/settings/", want).Is(http.StatusOK, "ok")
	admin.Get("/core/settings/").OK(&got)
	for k, v := range want {
		require.Equal(t, v, got[k], k)
	}
	require.Equal(t, "admin", got["modified_by"])
	require.Equal(t, 1, count(t, api, `SELECT count(*) FROM audit_log WHERE object_type = 'coresettings' AND action = 'modify' AND username = 'admin'
		AND message = 'admin modified coresettings Global Site Settings' AND before_value ->> 'date_format' <> 'YYYY' AND after_value ->> 'date_format' = 'YYYY'
		AND after_value ->> 'smtp_host_password' <> 'p' AND after_value ->> 'twilio_auth_token' <> 'tok' AND after_value ->> 'open_ai_token' <> 'k' AND after_value ->> 'mesh_token' <> 'm'`))

	// The web client sends the whole object; nothing else changes with it.
	admin.Put("/core/settings/", got).Is(http.StatusOK, "ok")
	require.Equal(t, 1, count(t, api, `SELECT count(*) FROM audit_log WHERE object_type = 'coresettings'`), "what stays as it is is no change")

	// What may be null becomes null, and what may not is refused.
	for _, k := range []string{"twilio_number", "twilio_account_sid", "twilio_auth_token", "smtp_from_name", "mesh_company_name", "workstation_policy",
		"server_policy", "alert_template", "open_ai_token"} {
		admin.Put("/core/settings/", body{k: nil}).Is(http.StatusOK, "ok")
		admin.Get("/core/settings/").OK(&got)
		require.Nil(t, got[k], k)
	}
	for _, k := range []string{"email_alert_recipients", "sms_alert_recipients"} {
		admin.Put("/core/settings/", body{k: nil}).Is(http.StatusOK, "ok")
		admin.Get("/core/settings/").OK(&got)
		require.Equal(t, []any{}, got[k], k)
	}
	for _, k := range []string{"smtp_requires_auth", "default_time_zone", "check_history_prune_days", "agent_debug_level", "date_format", "open_ai_model", "terminal_mode"} {
		admin.Put("/core/settings/", body{k: nil}).Is(http.StatusBadRequest, body{k: []string{"This field may not be null."}})
	}
}

// TestMailSettingsThatCannotSend: a port and a sender that no mail leaves with are refused, together and beside their fields; what is
// stored from before does not keep other settings from being saved.
func TestMailSettingsThatCannotSend(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	admin.Put("/core/settings/", body{"smtp_port": 0, "smtp_from_email": "x y"}).Is(http.StatusBadRequest, body{
		"smtp_port": []string{"Ensure this value is greater than or equal to 1."}, "smtp_from_email": []string{"Enter a valid email address."}})
	admin.Put("/core/settings/", body{"smtp_port": 65536}).Is(http.StatusBadRequest, body{"smtp_port": []string{"Ensure this value is less than or equal to 65535."}})
	for _, bad := range []string{"x", "Kim <kim@example.com>", "kim@", "a@b@c", "kim@example.com\nBcc: x@example.com"} {
		admin.Put("/core/settings/", body{"smtp_from_email": bad}).Is(http.StatusBadRequest, body{"smtp_from_email": []string{"Enter a valid email address."}})
	}
	require.Zero(t, count(t, api, `SELECT count(*) FROM core_settings WHERE smtp_port <> 587 OR smtp_from_email <> 'from@example.com'`))
	for _, good := range []body{{"smtp_port": 1}, {"smtp_port": 65535}, {"smtp_port": nil}, {"smtp_from_email": ""}, {"smtp_from_email": nil}, {"smtp_from_email": "kim@mail"}} {
		admin.Put("/core/settings/", good).Is(http.StatusOK, "ok")
	}
	_, err := api.Pool.Exec(t.Context(), `UPDATE core_settings SET smtp_port = 0, smtp_from_email = 'x y'`)
	require.NoError(t, err)
	admin.Put("/core/settings/", body{"smtp_port": 0, "smtp_from_email": "x y", "date_format": "YYYY"}).Is(http.StatusOK, "ok")
}

func TestSettingsThatRulesRefuse(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	var before, after body
	admin.Get("/core/settings/").OK(&before)
	for _, change := range []body{
		{"email_alert_recipients": []string{"a@example.com\r\nBcc: x@example.com"}}, {"email_alert_recipients": "a@example.com"},
		{"sms_alert_recipients": []string{strings.Repeat("1", 256)}}, {"smtp_port": 1 << 40}, {"smtp_port": "x"}, {"smtp_port": 2.5},
		{"default_time_zone": "Local"}, {"default_time_zone": "../../etc/passwd"}, {"default_time_zone": ""}, {"check_history_prune_days": -1},
		{"agent_debug_level": "debug"}, {"date_format": strings.Repeat("Y", 31)}, {"workstation_policy": 99}, {"alert_template": "x"},
		{"default_shell_windows": "bash"}, {"default_shell_linux": "cmd"}, {"terminal_mode": "old"}, {"smtp_requires_auth": "perhaps"},
		{"default_shell_darwin": "custom", "default_shell_darwin_custom": ""}, {"mesh_site": strings.Repeat("x", 256)},
		{"default_shell_linux": "custom", "default_shell_linux_custom": strings.Repeat("x", 513)}, {"smtp_host_user": "a\x00b"},
	} {
		r := admin.Put("/core/settings/", change)
		require.Equal(t, http.StatusBadRequest, r.Status, "%v: %s", change, r.Body)
	}
	admin.Put("/core/settings/", body{"id": 2, "sso_enabled": true, "block_local_user_logon": true, "created_by": "mallory", "is_superuser": true}).Is(http.StatusOK, "ok")
	admin.Get("/core/settings/").OK(&after)
	for k, v := range before {
		if k != "modified_by" && k != "modified_time" {
			require.Equal(t, v, after[k], k)
		}
	}
	api.With(access.EditCoreSettings).Get("/core/settings/").Forbidden()
	api.With(access.ViewCoreSettings).Put("/core/settings/", body{"date_format": "x"}).Forbidden()
}
