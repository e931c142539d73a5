-- The settings row and the signing token (domain.md §13.1, §1.9): one row each.

-- +goose Up
CREATE TABLE core_settings (
  id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  email_alert_recipients text[] DEFAULT '{}',
  sms_alert_recipients text[] DEFAULT '{}',
  twilio_number text,
  twilio_account_sid text,
  twilio_auth_token text,
  smtp_from_email text DEFAULT 'from@example.com',
  smtp_from_name text,
  smtp_host text DEFAULT 'smtp.gmail.com',
  smtp_host_user text DEFAULT 'admin@example.com',
  smtp_host_password text DEFAULT 'changeme',
  smtp_port integer DEFAULT 587 CHECK (smtp_port >= 0),
  smtp_requires_auth boolean NOT NULL DEFAULT true,
  default_time_zone text NOT NULL DEFAULT 'America/Los_Angeles',
  check_history_prune_days integer NOT NULL DEFAULT 30 CHECK (check_history_prune_days >= 0),
  resolved_alerts_prune_days integer NOT NULL DEFAULT 0 CHECK (resolved_alerts_prune_days >= 0),
  agent_history_prune_days integer NOT NULL DEFAULT 60 CHECK (agent_history_prune_days >= 0),
  debug_log_prune_days integer NOT NULL DEFAULT 30 CHECK (debug_log_prune_days >= 0),
  audit_log_prune_days integer NOT NULL DEFAULT 0 CHECK (audit_log_prune_days >= 0),
  report_history_prune_days integer NOT NULL DEFAULT 0 CHECK (report_history_prune_days >= 0),
  agent_debug_level text NOT NULL DEFAULT 'info' CHECK (agent_debug_level IN ('info', 'warning', 'error', 'critical')),
  clear_faults_days integer NOT NULL DEFAULT 0,
  mesh_token text DEFAULT '',
  mesh_username text DEFAULT '',
  mesh_site text DEFAULT '',
  mesh_device_group text DEFAULT 'TacticalRMM',
  mesh_company_name text,
  sync_mesh_with_trmm boolean NOT NULL DEFAULT true,
  agent_auto_update boolean NOT NULL DEFAULT true,
  workstation_policy_id integer REFERENCES policies ON DELETE SET NULL,
  server_policy_id integer REFERENCES policies ON DELETE SET NULL,
  alert_template_id integer REFERENCES alert_templates ON DELETE SET NULL,
  date_format text NOT NULL DEFAULT 'MMM-DD-YYYY - HH:mm',
  open_ai_token text,
  open_ai_model text NOT NULL DEFAULT 'gpt-3.5-turbo',
  enable_server_scripts boolean NOT NULL DEFAULT true,
  enable_server_webterminal boolean NOT NULL DEFAULT false,
  notify_on_info_alerts boolean NOT NULL DEFAULT false,
  notify_on_warning_alerts boolean NOT NULL DEFAULT true,
  block_local_user_logon boolean NOT NULL DEFAULT false,
  sso_enabled boolean NOT NULL DEFAULT false,
  default_shell_windows text NOT NULL DEFAULT 'cmd' CHECK (default_shell_windows IN ('cmd', 'powershell', 'custom')),
  default_shell_windows_custom text NOT NULL DEFAULT '',
  default_shell_linux text NOT NULL DEFAULT 'bash' CHECK (default_shell_linux IN ('bash', 'custom')),
  default_shell_linux_custom text NOT NULL DEFAULT '',
  default_shell_darwin text NOT NULL DEFAULT 'bash' CHECK (default_shell_darwin IN ('bash', 'custom')),
  default_shell_darwin_custom text NOT NULL DEFAULT '',
  terminal_mode text NOT NULL DEFAULT 'new' CHECK (terminal_mode IN ('new', 'legacy')),
  created_by text,
  created_time timestamptz DEFAULT now(),
  modified_by text,
  modified_time timestamptz DEFAULT now()
);
CREATE INDEX core_settings_workstation_policy_id_idx ON core_settings (workstation_policy_id);
CREATE INDEX core_settings_server_policy_id_idx ON core_settings (server_policy_id);
CREATE INDEX core_settings_alert_template_id_idx ON core_settings (alert_template_id);
INSERT INTO core_settings DEFAULT VALUES;

CREATE TABLE code_sign_tokens (
  id integer PRIMARY KEY DEFAULT 1 CHECK (id = 1),
  token text
);

-- +goose Down
DROP TABLE code_sign_tokens, core_settings;
