-- Agents: identity, enrolment, edit, delete, notes, history, pending actions (domain.md §1.2, rest-1.md §5).
-- Reads of other contexts' tables: sites, clients, policies, win_update_policies, custom_fields, core_settings, scripts, users.

-- name: LoadTokens :many
SELECT t.token_hash, a.id, a.agent_id, a.hostname, a.plat, a.disabled
FROM agent_tokens t JOIN agents a ON a.id = t.agent_id;

-- name: GetToken :one
SELECT t.token_hash, a.id, a.agent_id, a.hostname, a.plat, a.disabled
FROM agent_tokens t JOIN agents a ON a.id = t.agent_id
WHERE t.token_hash = $1;

-- name: GetRef :one
SELECT a.id, a.agent_id, a.hostname, a.plat, a.goarch, a.monitoring_type, a.mesh_node_id, a.time_zone,
  a.default_shell, a.default_shell_custom, a.offline_time, a.overdue_time, a.choco_installed, a.disabled,
  p.last_seen, p.version, p.connected,
  si.id AS site_id, si.name AS site_name, cl.id AS client_id, cl.name AS client_name
FROM agents a
JOIN sites si ON si.id = a.site_id
JOIN clients cl ON cl.id = si.client_id
JOIN agent_presence p ON p.agent_id = a.id
WHERE a.agent_id = $1;

-- name: SiteOfEnrolment :one
SELECT si.id, si.client_id FROM sites si WHERE si.id = $1 FOR KEY SHARE;

-- name: InsertAgent :one
INSERT INTO agents (agent_id, hostname, plat, goarch, monitoring_type, description, mesh_node_id, site_id, created_by, modified_by)
VALUES (@agent_id, @hostname, @plat, @goarch, @monitoring_type, @description, @mesh_node_id, @site_id, @created_by, @created_by)
ON CONFLICT (agent_id) DO NOTHING
RETURNING id;

-- name: TouchPresence :exec
UPDATE agent_presence SET last_seen = now() WHERE agent_id = $1;

-- name: InsertToken :exec
INSERT INTO agent_tokens (agent_id, token_hash) VALUES ($1, $2);

-- name: InsertPatchPolicy :exec
INSERT INTO win_update_policies (agent_id, run_time_days, created_by, modified_by)
VALUES ($1, @run_time_days::int[], @created_by, @created_by);

-- name: UseEnrolment :one
UPDATE enrolments SET uses = uses + 1
WHERE token_hash = $1 AND expires > now() AND (max_uses IS NULL OR uses < max_uses)
RETURNING id, monitoring_type;

-- name: InsertEnrolmentAgent :exec
INSERT INTO enrolment_agents (enrolment_id, agent_id) VALUES ($1, $2);

-- name: GetDetail :one
SELECT sqlc.embed(a), sqlc.embed(p), sqlc.embed(c),
  inv.services, inv.disks, inv.wmi_detail, inv.cpu_model, inv.graphics, inv.local_ips, inv.make_model, inv.physical_disks, inv.serial_number,
  si.name AS site_name, cl.id AS client_id, cl.name AS client_name,
  si.block_policy_inheritance AS site_blocks, cl.block_policy_inheritance AS client_blocks,
  si.server_policy_id AS site_server_policy, si.workstation_policy_id AS site_workstation_policy,
  cl.server_policy_id AS client_server_policy, cl.workstation_policy_id AS client_workstation_policy,
  cs.server_policy_id AS default_server_policy, cs.workstation_policy_id AS default_workstation_policy,
  cs.default_time_zone
FROM agents a
JOIN agent_presence p ON p.agent_id = a.id
JOIN agent_check_counts c ON c.agent_id = a.id
JOIN agent_inventory inv ON inv.agent_id = a.id
JOIN sites si ON si.id = a.site_id
JOIN clients cl ON cl.id = si.client_id
CROSS JOIN core_settings cs
WHERE a.id = $1;

-- name: GetAgentForUpdate :one
SELECT * FROM agents WHERE id = $1 FOR UPDATE;

-- name: UpdateAgent :exec
UPDATE agents SET
  maintenance_mode = @maintenance_mode, block_policy_inheritance = @block_policy_inheritance,
  overdue_email_alert = @overdue_email_alert, overdue_text_alert = @overdue_text_alert,
  overdue_dashboard_alert = @overdue_dashboard_alert, policy_id = @policy_id, site_id = @site_id,
  monitoring_type = @monitoring_type, description = @description, offline_time = @offline_time, overdue_time = @overdue_time,
  check_interval = @check_interval, time_zone = @time_zone, default_shell = @default_shell,
  default_shell_custom = @default_shell_custom, modified_by = @modified_by, modified_time = now()
WHERE id = @id;

-- name: DeleteAgent :one
DELETE FROM agents WHERE id = $1 RETURNING id;

-- name: ListPatchPolicies :many
SELECT * FROM win_update_policies
WHERE agent_id = sqlc.narg(agent_id)::int OR policy_id = ANY (@policy_ids::int[])
ORDER BY id;

-- name: GetPatchPolicyForUpdate :one
SELECT * FROM win_update_policies WHERE agent_id = $1 ORDER BY id LIMIT 1 FOR UPDATE;

-- name: UpdatePatchPolicy :exec
UPDATE win_update_policies SET critical = @critical, important = @important, moderate = @moderate, low = @low, other = @other,
  run_time_hour = @run_time_hour, run_time_frequency = @run_time_frequency, run_time_days = @run_time_days,
  run_time_day = @run_time_day, reboot_after_install = @reboot_after_install, reprocess_failed_inherit = @reprocess_failed_inherit,
  reprocess_failed = @reprocess_failed, reprocess_failed_times = @reprocess_failed_times, email_if_fail = @email_if_fail,
  modified_by = @modified_by, modified_time = now()
WHERE id = @id;

-- name: ListPolicies :many
SELECT p.*,
  array(SELECT site_id FROM policy_excluded_sites x WHERE x.policy_id = p.id ORDER BY 1)::int[] AS excluded_sites,
  array(SELECT client_id FROM policy_excluded_clients x WHERE x.policy_id = p.id ORDER BY 1)::int[] AS excluded_clients,
  array(SELECT agent_id FROM policy_excluded_agents x WHERE x.policy_id = p.id ORDER BY 1)::int[] AS excluded_agents
FROM policies p WHERE p.id = ANY (@ids::int[]);

-- name: GetAlertTemplate :one
SELECT t.*,
  coalesce((SELECT name FROM scripts s WHERE s.id = t.action_id), '')::text AS action_script,
  coalesce((SELECT name FROM url_actions u WHERE u.id = t.action_rest_id), '')::text AS action_url,
  coalesce((SELECT name FROM scripts s WHERE s.id = t.resolved_action_id), '')::text AS resolved_script,
  coalesce((SELECT name FROM url_actions u WHERE u.id = t.resolved_action_rest_id), '')::text AS resolved_url,
  coalesce((SELECT alert_template_id = t.id FROM core_settings), false)::bool AS is_default,
  ((SELECT count(*) FROM policies p WHERE p.alert_template_id = t.id)
    + (SELECT count(*) FROM clients c WHERE c.alert_template_id = t.id)
    + (SELECT count(*) FROM sites s WHERE s.alert_template_id = t.id))::int AS applied_count,
  array(SELECT site_id FROM alert_template_excluded_sites x WHERE x.alert_template_id = t.id ORDER BY 1)::int[] AS excluded_sites,
  array(SELECT client_id FROM alert_template_excluded_clients x WHERE x.alert_template_id = t.id ORDER BY 1)::int[] AS excluded_clients,
  array(SELECT agent_id FROM alert_template_excluded_agents x WHERE x.alert_template_id = t.id ORDER BY 1)::int[] AS excluded_agents
FROM alert_templates t WHERE t.id = $1;

-- name: ListNotes :many
SELECT n.id, n.entry_time, n.note, u.username, a.agent_id
FROM notes n
JOIN agents a ON a.id = n.agent_id
JOIN sites si ON si.id = a.site_id
LEFT JOIN users u ON u.id = n.user_id
WHERE (@agent::int = 0 OR n.agent_id = @agent)
  AND (@everything::bool OR si.client_id = ANY (@clients::int[]) OR si.id = ANY (@sites::int[]))
ORDER BY n.id;

-- name: GetNote :one
SELECT n.id, n.entry_time, n.note, u.username, a.agent_id, si.client_id, si.id AS site_id
FROM notes n
JOIN agents a ON a.id = n.agent_id
JOIN sites si ON si.id = a.site_id
LEFT JOIN users u ON u.id = n.user_id
WHERE n.id = $1;

-- name: InsertNote :one
INSERT INTO notes (agent_id, user_id, note) VALUES ($1, $2, $3) RETURNING id;

-- name: UpdateNote :exec
UPDATE notes SET note = $2, agent_id = coalesce(sqlc.narg(agent_id), agent_id), user_id = coalesce(sqlc.narg(user_id), user_id) WHERE id = $1;

-- name: DeleteNote :exec
DELETE FROM notes WHERE id = $1;

-- name: InsertHistory :many
INSERT INTO agent_history (agent_id, type, command, username, script_id, custom_field_id, collector_all_output, save_to_agent_note)
SELECT ids.agent_id, @type, @command, left(@username::text, 255), sqlc.narg(script_id)::int, sqlc.narg(custom_field_id)::int,
  @collector_all_output, @save_to_agent_note
FROM unnest(@agent_ids::int[]) WITH ORDINALITY AS ids (agent_id, n) ORDER BY ids.n
RETURNING id, agent_id;

-- name: SetScriptResults :exec
UPDATE agent_history SET script_results = $2 WHERE id = $1;

-- name: CompletePastReboots :exec
UPDATE pending_actions pa SET status = 'completed'
FROM agents a, core_settings cs
WHERE a.id = pa.agent_id AND pa.agent_id = $1 AND pa.action_type = 'schedreboot' AND pa.status = 'pending'
  AND pa.details->>'time' ~ '^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$'
  AND (pa.details->>'time')::timestamp < now() AT TIME ZONE coalesce(nullif(a.time_zone, ''), cs.default_time_zone);

-- name: ListPendingActions :many
SELECT pa.id, pa.agent_id, a.hostname, cl.name AS client, si.name AS site, pa.entry_time, pa.action_type, pa.status, pa.details
FROM pending_actions pa
JOIN agents a ON a.id = pa.agent_id
JOIN sites si ON si.id = a.site_id
JOIN clients cl ON cl.id = si.client_id
WHERE pa.agent_id = $1 ORDER BY pa.id;

-- name: CompletePastRebootsInScope :exec
UPDATE pending_actions pa SET status = 'completed'
FROM agents a JOIN sites si ON si.id = a.site_id, core_settings cs
WHERE a.id = pa.agent_id AND pa.action_type = 'schedreboot' AND pa.status = 'pending'
  AND (@everything::bool OR si.client_id = ANY (@clients::int[]) OR si.id = ANY (@sites::int[]))
  AND pa.details->>'time' ~ '^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$'
  AND (pa.details->>'time')::timestamp < now() AT TIME ZONE coalesce(nullif(a.time_zone, ''), cs.default_time_zone);

-- name: DeletePendingAction :execrows
DELETE FROM pending_actions WHERE id = $1;

-- name: PruneCompletedActions :execrows
DELETE FROM pending_actions WHERE status = 'completed';

-- name: CountPendingActions :one
SELECT count(*)::int FROM pending_actions WHERE agent_id = $1 AND status = 'pending';

-- name: ListFull :many
SELECT sqlc.embed(a), p.last_seen, p.version, inv.services, inv.disks, inv.wmi_detail
FROM agents a
JOIN agent_presence p ON p.agent_id = a.id
JOIN agent_inventory inv ON inv.agent_id = a.id
WHERE a.id = ANY (@ids::int[]);

-- name: GetAgentID :one
SELECT agent_id FROM agents WHERE id = $1;

-- name: InsertPendingAction :one
INSERT INTO pending_actions (agent_id, action_type, details) VALUES ($1, $2, $3) RETURNING id;

-- name: ReplaceUpdateActions :exec
WITH gone AS (
  DELETE FROM pending_actions WHERE agent_id = ANY (@agent_ids::int[]) AND action_type = 'agentupdate' AND status = 'pending'
)
INSERT INTO pending_actions (agent_id, action_type, details)
SELECT (w->>'agent')::int, 'agentupdate', w->'details' FROM jsonb_array_elements(@vals::jsonb) AS w;

-- name: SetMaintenance :many
UPDATE agents a SET maintenance_mode = @enabled
FROM sites si
WHERE si.id = a.site_id
  AND (si.client_id = sqlc.narg(client_id)::int OR si.id = sqlc.narg(site_id)::int)
  AND (@everything::bool OR si.client_id = ANY (@clients::int[]) OR si.id = ANY (@sites::int[]))
RETURNING a.id, a.agent_id;

-- name: GetClientName :one
SELECT name FROM clients WHERE id = $1;

-- name: GetSiteNames :one
SELECT si.client_id, si.name AS site, cl.name AS client FROM sites si JOIN clients cl ON cl.id = si.client_id WHERE si.id = $1;

-- name: SelectTargets :many
SELECT a.id, a.agent_id, a.hostname, a.plat, a.goarch, p.version, p.connected
FROM agents a
JOIN sites si ON si.id = a.site_id
JOIN agent_presence p ON p.agent_id = a.id
WHERE (@everything::bool OR si.client_id = ANY (@clients::int[]) OR si.id = ANY (@sites::int[]))
  AND (sqlc.narg(client_id)::int IS NULL OR si.client_id = sqlc.narg(client_id)::int)
  AND (sqlc.narg(site_id)::int IS NULL OR si.id = sqlc.narg(site_id)::int)
  AND (sqlc.narg(agent_ids)::text[] IS NULL OR a.agent_id = ANY (sqlc.narg(agent_ids)::text[]))
  AND (@monitoring_type::text = '' OR a.monitoring_type = @monitoring_type)
  AND (@plat::text = '' OR a.plat = @plat)
ORDER BY a.id;

-- name: ListAgentVariables :many
SELECT sqlc.embed(a), sqlc.embed(si), sqlc.embed(cl), p.last_seen, p.version,
  inv.cpu_model, inv.graphics, inv.local_ips, inv.make_model, inv.physical_disks, inv.serial_number,
  (CASE WHEN @wide::bool THEN inv.services END)::jsonb AS services, (CASE WHEN @wide::bool THEN inv.disks END)::jsonb AS disks,
  (CASE WHEN @wide::bool THEN inv.wmi_detail END)::jsonb AS wmi_detail, cs.default_time_zone
FROM agents a
JOIN sites si ON si.id = a.site_id
JOIN clients cl ON cl.id = si.client_id
JOIN agent_presence p ON p.agent_id = a.id
JOIN agent_inventory inv ON inv.agent_id = a.id
CROSS JOIN core_settings cs
WHERE a.id = ANY (@ids::int[]);

-- name: GetSiteVariables :one
SELECT sqlc.embed(si), sqlc.embed(cl) FROM sites si JOIN clients cl ON cl.id = si.client_id WHERE si.id = $1;

-- name: GetClientVariables :one
SELECT * FROM clients WHERE id = $1;

-- name: ListFieldVariables :many
SELECT 'agent'::text AS model, v.agent_id AS owner, f.name, f.type, v.string_value, v.bool_value, v.multiple_value
FROM agent_custom_fields v JOIN custom_fields f ON f.id = v.field_id AND f.model = 'agent' WHERE v.agent_id = ANY (@agent_ids::int[])
UNION ALL
SELECT 'site', v.site_id, f.name, f.type, v.string_value, v.bool_value, v.multiple_value
FROM site_custom_fields v JOIN custom_fields f ON f.id = v.field_id AND f.model = 'site' WHERE v.site_id = ANY (@site_ids::int[])
UNION ALL
SELECT 'client', v.client_id, f.name, f.type, v.string_value, v.bool_value, v.multiple_value
FROM client_custom_fields v JOIN custom_fields f ON f.id = v.field_id AND f.model = 'client' WHERE v.client_id = ANY (@client_ids::int[]);

-- name: ListFieldDefaults :many
SELECT model, name, type, default_value_string, default_value_bool, default_values_multiple FROM custom_fields ORDER BY id;

-- name: InsertEnrolment :one
INSERT INTO enrolments (site_id, monitoring_type, plat, goarch, token_hash, expires, created_by)
VALUES (@site_id, @monitoring_type, @plat, @goarch, @token_hash, @expires, @created_by)
RETURNING *;

-- name: GetEnrolment :one
SELECT e.*, si.client_id FROM enrolments e JOIN sites si ON si.id = e.site_id WHERE e.id = $1;

-- name: ListEnrolmentAgents :many
SELECT a.agent_id, a.hostname, e.first_seen
FROM enrolment_agents e JOIN agents a ON a.id = e.agent_id
WHERE e.enrolment_id = $1 ORDER BY e.first_seen, a.id;

-- name: ListBulkTargets :many
SELECT h.id, a.id AS agent_pk, a.agent_id, a.plat, h.command
FROM agent_history h JOIN agents a ON a.id = h.agent_id
WHERE h.id = ANY (@ids::bigint[]) ORDER BY h.id;

-- name: ListApprovedUpdates :many
SELECT a.agent_id, array_agg(u.guid ORDER BY u.id)::text[] AS guids
FROM agents a JOIN win_updates u ON u.agent_id = a.id
WHERE a.agent_id = ANY (@agent_ids::text[]) AND u.action = 'approve' AND NOT u.installed AND u.guid IS NOT NULL
GROUP BY a.agent_id;
