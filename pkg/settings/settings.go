// Package settings holds the one row of global settings that administrators edit (domain.md §13.1). What an operator
// sets per process is configuration and lives in pkg/platform/config.
package settings

import (
	"context"
	"fmt"
	"math"
	"net/mail"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
)

// Core is the settings row. Its JSON form is the contract's CoreSettings; the audit log masks its credentials.
type Core struct {
	ID int32 `json:"id" db:"id"`

	EmailAlertRecipients []string `json:"email_alert_recipients" db:"email_alert_recipients"`
	SMSAlertRecipients   []string `json:"sms_alert_recipients" db:"sms_alert_recipients"`
	TwilioNumber         *string  `json:"twilio_number" db:"twilio_number"`
	TwilioAccountSID     *string  `json:"twilio_account_sid" db:"twilio_account_sid"`
	TwilioAuthToken      *string  `json:"twilio_auth_token" db:"twilio_auth_token"`
	SMTPFromEmail        *string  `json:"smtp_from_email" db:"smtp_from_email"`
	SMTPFromName         *string  `json:"smtp_from_name" db:"smtp_from_name"`
	SMTPHost             *string  `json:"smtp_host" db:"smtp_host"`
	SMTPHostUser         *string  `json:"smtp_host_user" db:"smtp_host_user"`
	SMTPHostPassword     *string  `json:"smtp_host_password" db:"smtp_host_password"`
	SMTPPort             *int32   `json:"smtp_port" db:"smtp_port"`
	SMTPRequiresAuth     bool     `json:"smtp_requires_auth" db:"smtp_requires_auth"`

	DefaultTimeZone         string `json:"default_time_zone" db:"default_time_zone"`
	CheckHistoryPruneDays   int32  `json:"check_history_prune_days" db:"check_history_prune_days"`
	ResolvedAlertsPruneDays int32  `json:"resolved_alerts_prune_days" db:"resolved_alerts_prune_days"`
	AgentHistoryPruneDays   int32  `json:"agent_history_prune_days" db:"agent_history_prune_days"`
	DebugLogPruneDays       int32  `json:"debug_log_prune_days" db:"debug_log_prune_days"`
	AuditLogPruneDays       int32  `json:"audit_log_prune_days" db:"audit_log_prune_days"`
	ReportHistoryPruneDays  int32  `json:"report_history_prune_days" db:"report_history_prune_days"`
	AgentDebugLevel         string `json:"agent_debug_level" db:"agent_debug_level"`
	ClearFaultsDays         int32  `json:"clear_faults_days" db:"clear_faults_days"`

	MeshToken        *string `json:"mesh_token" db:"mesh_token"`
	MeshUsername     *string `json:"mesh_username" db:"mesh_username"`
	MeshSite         *string `json:"mesh_site" db:"mesh_site"`
	MeshDeviceGroup  *string `json:"mesh_device_group" db:"mesh_device_group"`
	MeshCompanyName  *string `json:"mesh_company_name" db:"mesh_company_name"`
	SyncMeshWithTRMM bool    `json:"sync_mesh_with_trmm" db:"sync_mesh_with_trmm"`

	AgentAutoUpdate   bool   `json:"agent_auto_update" db:"agent_auto_update"`
	WorkstationPolicy *int32 `json:"workstation_policy" db:"workstation_policy_id"`
	ServerPolicy      *int32 `json:"server_policy" db:"server_policy_id"`
	AlertTemplate     *int32 `json:"alert_template" db:"alert_template_id"`

	DateFormat              string  `json:"date_format" db:"date_format"`
	OpenAIToken             *string `json:"open_ai_token" db:"open_ai_token"`
	OpenAIModel             string  `json:"open_ai_model" db:"open_ai_model"`
	EnableServerScripts     bool    `json:"enable_server_scripts" db:"enable_server_scripts"`
	EnableServerWebterminal bool    `json:"enable_server_webterminal" db:"enable_server_webterminal"`
	NotifyOnInfoAlerts      bool    `json:"notify_on_info_alerts" db:"notify_on_info_alerts"`
	NotifyOnWarningAlerts   bool    `json:"notify_on_warning_alerts" db:"notify_on_warning_alerts"`
	BlockLocalUserLogon     bool    `json:"block_local_user_logon" db:"block_local_user_logon"`
	SSOEnabled              bool    `json:"sso_enabled" db:"sso_enabled"`

	DefaultShellWindows       string `json:"default_shell_windows" db:"default_shell_windows"`
	DefaultShellWindowsCustom string `json:"default_shell_windows_custom" db:"default_shell_windows_custom"`
	DefaultShellLinux         string `json:"default_shell_linux" db:"default_shell_linux"`
	DefaultShellLinuxCustom   string `json:"default_shell_linux_custom" db:"default_shell_linux_custom"`
	DefaultShellDarwin        string `json:"default_shell_darwin" db:"default_shell_darwin"`
	DefaultShellDarwinCustom  string `json:"default_shell_darwin_custom" db:"default_shell_darwin_custom"`
	TerminalMode              string `json:"terminal_mode" db:"terminal_mode"`

	CreatedBy    *string    `json:"created_by" db:"created_by"`
	CreatedTime  *time.Time `json:"created_time" db:"created_time"`
	ModifiedBy   *string    `json:"modified_by" db:"modified_by"`
	ModifiedTime *time.Time `json:"modified_time" db:"modified_time"`
}

// Service reads and writes the row. It keeps no copy: one primary-key read costs less than a stale setting.
type Service struct {
	pool  *pgxpool.Pool
	audit *audit.Log
	box   *seal.Box
}

// New returns a Service that stores its credentials sealed; without a box they are stored in clear, and those that were
// sealed are read as they are.
func New(pool *pgxpool.Pool, log *audit.Log, box *seal.Box) *Service {
	return &Service{pool: pool, audit: log, box: box}
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// Get returns the settings.
func (s *Service) Get(ctx context.Context) (Core, error) {
	c, err := readStored(ctx, s.pool, "")
	if err == nil {
		s.open(&c)
	}
	return c, err
}

// readStored returns the row as it is stored, credentials sealed.
func readStored(ctx context.Context, db querier, lock string) (Core, error) {
	rows, err := db.Query(ctx, `SELECT * FROM core_settings WHERE id = 1 `+lock)
	if err != nil {
		return Core{}, fmt.Errorf("read core settings: %w", err)
	}
	c, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Core])
	if err != nil {
		return Core{}, fmt.Errorf("read core settings: %w", err)
	}
	return c, nil
}

// Update changes the settings with the given function, checks the rules that span fields and stores them.
func (s *Service) Update(ctx context.Context, change func(*Core)) error {
	return pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		stored, err := readStored(ctx, tx, "FOR UPDATE")
		if err != nil {
			return err
		}
		before := stored
		s.open(&before)
		c := before
		change(&c)
		if err := check(&c); err != nil {
			return err
		}
		if err := checkMail(before, c); err != nil {
			return err
		}
		if err := write(ctx, tx, s.sealed(c, before, stored), access.From(ctx).Username); err != nil {
			return err
		}
		return s.audit.Change(ctx, tx, audit.Object{
			Type: "coresettings", Name: "Global Site Settings", Before: before, After: c,
		})
	})
}

// SetInitial stores what the first-client form asks (rest-2.md §4.2).
func (s *Service) SetInitial(ctx context.Context, tx pgx.Tx, timeZone, companyName string) error {
	if _, err := time.LoadLocation(timeZone); err != nil {
		return fault.InvalidField("timezone", fmt.Sprintf("%q is not a valid choice.", timeZone))
	}
	if _, err := tx.Exec(ctx, `UPDATE core_settings SET default_time_zone = $1, mesh_company_name = $2 WHERE id = 1`,
		timeZone, companyName); err != nil {
		return fmt.Errorf("store initial settings: %w", err)
	}
	return nil
}

// check applies the rules of rest-1.md §7: local logon can only be blocked while single sign-on is on, and a custom shell
// needs its path.
func check(c *Core) error {
	if !c.SSOEnabled {
		c.BlockLocalUserLogon = false
	}
	for _, shell := range []struct{ value, custom, field string }{
		{c.DefaultShellWindows, c.DefaultShellWindowsCustom, "default_shell_windows_custom"},
		{c.DefaultShellLinux, c.DefaultShellLinuxCustom, "default_shell_linux_custom"},
		{c.DefaultShellDarwin, c.DefaultShellDarwinCustom, "default_shell_darwin_custom"},
	} {
		if shell.value == "custom" && shell.custom == "" {
			return fault.InvalidField(shell.field, "Custom shell path is required.")
		}
	}
	return nil
}

// checkMail refuses a port and a sender's address that no mail can be sent with. What is stored already may be sent again, so
// that old values do not stand in the way of other changes; empty means that mail is not set up.
func checkMail(before, c Core) error {
	fields := fault.Fields{}
	if p := c.SMTPPort; p != nil && (before.SMTPPort == nil || *before.SMTPPort != *p) {
		if *p < 1 {
			fields["smtp_port"] = []string{"Ensure this value is greater than or equal to 1."}
		} else if *p > math.MaxUint16 {
			fields["smtp_port"] = []string{"Ensure this value is less than or equal to 65535."}
		}
	}
	if from := c.SMTPFromEmail; from != nil && *from != "" && (before.SMTPFromEmail == nil || *before.SMTPFromEmail != *from) {
		if a, err := mail.ParseAddress(*from); err != nil || a.Address != *from {
			fields["smtp_from_email"] = []string{"Enter a valid email address."}
		}
	}
	if len(fields) > 0 {
		return fault.Invalid(fields)
	}
	return nil
}

type execer interface {
	Exec(ctx context.Context, sql string, args ...any) (pgconn.CommandTag, error)
}
