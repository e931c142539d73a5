package settings_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/settings"
)

func asAdmin(t *testing.T) context.Context {
	t.Helper()
	return access.With(t.Context(), &access.Principal{
		Kind: access.Session, UserID: 1, Username: "admin", Super: true, Scope: access.Everything(), IP: "192.0.2.1",
	})
}

// TestUpdateStoresEveryField changes each field to something else and reads it back: a column that the write forgot keeps
// its old value and fails.
func TestUpdateStoresEveryField(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	s := settings.New(pool, audit.New(0), nil)
	ctx := asAdmin(t)

	var before settings.Core
	before, err := s.Get(ctx)
	require.NoError(t, err)

	want := before
	text := func(v string) *string { return &v }
	port := int32(25)
	want.EmailAlertRecipients, want.SMSAlertRecipients = []string{"a@example.com"}, []string{"+49"}
	want.TwilioNumber, want.TwilioAccountSID, want.TwilioAuthToken = text("n"), text("sid"), text("tok")
	want.SMTPFromEmail, want.SMTPFromName, want.SMTPHost = text("x@example.com"), text("X"), text("mail")
	want.SMTPHostUser, want.SMTPHostPassword, want.SMTPPort, want.SMTPRequiresAuth = text("u"), text("hunter2"), &port, false
	want.DefaultTimeZone = "Europe/Berlin"
	want.CheckHistoryPruneDays, want.ResolvedAlertsPruneDays, want.AgentHistoryPruneDays = 1, 2, 3
	want.DebugLogPruneDays, want.AuditLogPruneDays, want.ReportHistoryPruneDays = 4, 5, 6
	want.AgentDebugLevel, want.ClearFaultsDays = "error", 7
	want.MeshToken, want.MeshUsername, want.MeshSite = text("m"), text("mu"), text("https://mesh")
	want.MeshDeviceGroup, want.MeshCompanyName, want.SyncMeshWithTRMM = text("g"), text("co"), false
	want.AgentAutoUpdate, want.DateFormat = false, "YYYY"
	want.OpenAIToken, want.OpenAIModel = text("o"), "m2"
	want.EnableServerScripts, want.EnableServerWebterminal = false, true
	want.NotifyOnInfoAlerts, want.NotifyOnWarningAlerts = true, false
	want.SSOEnabled, want.BlockLocalUserLogon = true, true
	want.DefaultShellWindows, want.DefaultShellWindowsCustom = "custom", `C:\x.exe`
	want.DefaultShellLinux, want.DefaultShellLinuxCustom = "custom", "/bin/zsh"
	want.DefaultShellDarwin, want.DefaultShellDarwinCustom = "custom", "/bin/zsh"
	want.TerminalMode = "legacy"
	require.NoError(t, s.Update(ctx, func(c *settings.Core) { *c = want }))

	got, err := s.Get(ctx)
	require.NoError(t, err)
	require.NotNil(t, got.ModifiedBy)
	require.Equal(t, "admin", *got.ModifiedBy)
	want.ModifiedBy, want.ModifiedTime = got.ModifiedBy, got.ModifiedTime
	require.Equal(t, want, got)

	// The audit row says what changed and hides the credentials.
	var after json.RawMessage
	require.NoError(t, pool.QueryRow(ctx, `SELECT after_value FROM audit_log WHERE object_type = 'coresettings'`).Scan(&after))
	require.NotContains(t, string(after), "hunter2")
	require.Contains(t, string(after), "Europe/Berlin")
}

func TestUpdateRules(t *testing.T) {
	t.Parallel()
	s := settings.New(dbtest.New(t), audit.New(0), nil)
	ctx := asAdmin(t)

	err := s.Update(ctx, func(c *settings.Core) { c.DefaultShellLinux = "custom" })
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))

	require.NoError(t, s.Update(ctx, func(c *settings.Core) { c.BlockLocalUserLogon = true }))
	got, err := s.Get(ctx)
	require.NoError(t, err)
	require.False(t, got.BlockLocalUserLogon, "local logon can only be blocked with single sign-on")
}

func TestSetInitialRefusesUnknownZone(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	s := settings.New(pool, audit.New(0), nil)
	ctx, cancel := context.WithTimeout(asAdmin(t), time.Minute)
	defer cancel()

	err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return s.SetInitial(ctx, tx, "Mars/Base", "Acme") })
	require.Equal(t, fault.KindInvalid, fault.KindOf(err))
	require.NoError(t, pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return s.SetInitial(ctx, tx, "Asia/Tokyo", "Acme") }))
	got, err := s.Get(ctx)
	require.NoError(t, err)
	require.Equal(t, "Asia/Tokyo", got.DefaultTimeZone)
	require.Equal(t, "Acme", *got.MeshCompanyName)
}
