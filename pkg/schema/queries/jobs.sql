-- name: AcquireLease :one
-- Takes the lease when it is free or expired, or extends it for its holder. No row: another one holds it.
INSERT INTO leases AS l (name, holder, expires)
VALUES (sqlc.arg(name), sqlc.arg(holder), now() + sqlc.arg(ttl_ms)::bigint * interval '1 millisecond')
ON CONFLICT (name) DO UPDATE SET
  term = CASE WHEN l.holder = excluded.holder AND l.expires > now() THEN l.term ELSE l.term + 1 END,
  acquired = CASE WHEN l.holder = excluded.holder AND l.expires > now() THEN l.acquired ELSE now() END,
  holder = excluded.holder,
  expires = excluded.expires
WHERE l.expires <= now() OR l.holder = excluded.holder
RETURNING term;

-- name: HoldLease :one
-- Fails (no row) unless the caller still leads under its term; the lease cannot change hands before the transaction ends.
SELECT term FROM leases
WHERE name = sqlc.arg(name) AND holder = sqlc.arg(holder) AND term = sqlc.arg(term) AND expires > now()
FOR SHARE;

-- name: ResignLease :exec
UPDATE leases SET expires = now() WHERE name = sqlc.arg(name) AND holder = sqlc.arg(holder) AND term = sqlc.arg(term);

-- name: LastScheduled :many
-- Jobs that never ran have no row.
SELECT j.name::text AS name, r.scheduled_for
FROM (SELECT unnest(sqlc.arg(names)::text[]) AS name) j
CROSS JOIN LATERAL (SELECT l.scheduled_for FROM job_runs l WHERE l.name = j.name ORDER BY l.scheduled_for DESC LIMIT 1) r;

-- name: InsertRuns :many
-- At most one row per job and instant, whoever inserts it, and none while an earlier run of the job is unfinished (unless it is
-- so old that it must have been lost).
INSERT INTO job_runs (name, scheduled_for)
SELECT d.name, d.scheduled_for
FROM (SELECT unnest(sqlc.arg(names)::text[]) AS name, unnest(sqlc.arg(instants)::timestamptz[]) AS scheduled_for,
  unnest(sqlc.arg(stale_ms)::bigint[]) AS stale_ms) d
WHERE NOT EXISTS (
  SELECT FROM job_runs r WHERE r.name = d.name AND r.status IN ('queued', 'running')
    AND coalesce(r.started, r.queued) > now() - d.stale_ms * interval '1 millisecond')
ON CONFLICT (name, scheduled_for) DO NOTHING
RETURNING id, name, scheduled_for;

-- name: StartRun :one
UPDATE job_runs SET status = 'running', started = now(), finished = NULL, error = NULL, attempts = attempts + 1, worker = sqlc.arg(worker)
WHERE id = sqlc.arg(id) AND status <> 'succeeded'
RETURNING scheduled_for, attempts;

-- name: FinishRun :exec
UPDATE job_runs SET status = sqlc.arg(status), finished = now(), affected = sqlc.arg(affected), error = sqlc.narg(error)
WHERE id = sqlc.arg(id);

-- name: NoteProgress :exec
UPDATE job_runs SET affected = sqlc.arg(affected) WHERE id = sqlc.arg(id);

-- name: ListRuns :many
SELECT id, name, scheduled_for, status, queued, started, finished, attempts, affected, error, worker
FROM job_runs
WHERE (sqlc.narg(name)::text IS NULL OR name = sqlc.narg(name))
  AND (sqlc.narg(status)::text IS NULL OR status = sqlc.narg(status))
  AND (sqlc.narg(before_time)::timestamptz IS NULL OR (scheduled_for, id) < (sqlc.narg(before_time), sqlc.arg(before_id)::bigint))
ORDER BY scheduled_for DESC, id DESC
LIMIT sqlc.arg(page);

-- name: CreateHistoryPartitions :one
SELECT check_history_create_partitions(now() - interval '1 day', sqlc.arg(days)::integer)::integer AS made;

-- name: DropHistoryPartitions :one
-- Reads core_settings of the settings context. 0 days keep everything.
SELECT coalesce(sum(CASE WHEN check_history_prune_days > 0
  THEN check_history_drop_partitions(now() - make_interval(days => check_history_prune_days)) ELSE 0 END), 0)::integer AS dropped
FROM core_settings;

-- name: UpdateFailingFlags :execrows
-- The flags of sites and clients (domain.md §2.7) from the counters of their agents; agents in maintenance do not count.
-- Reads agents, agent_presence, agent_check_counts, tasks and task_results; writes only rows whose flags change.
WITH agent_flags AS (
  SELECT s.id AS site_id, s.client_id,
    bool_or(k.failing > 0 OR t.error OR ((a.overdue_email_alert OR a.overdue_text_alert OR a.overdue_dashboard_alert)
      AND p.last_seen < now() - make_interval(mins => greatest(a.overdue_time, a.offline_time)))) AS error,
    bool_or(k.warning > 0 OR t.warning) AS warning
  FROM sites s
  JOIN agents a ON a.site_id = s.id AND NOT a.maintenance_mode
  JOIN agent_presence p ON p.agent_id = a.id
  JOIN agent_check_counts k ON k.agent_id = a.id
  LEFT JOIN (
    SELECT r.agent_id, bool_or(task.alert_severity = 'error') AS error, bool_or(task.alert_severity = 'warning') AS warning
    FROM task_results r JOIN tasks task ON task.id = r.task_id
    WHERE r.status = 'failing' GROUP BY r.agent_id
  ) t ON t.agent_id = a.id
  GROUP BY s.id, s.client_id
), site_flags AS (
  SELECT s.id, jsonb_build_object('error', coalesce(f.error, false), 'warning', coalesce(f.warning, false)) AS flags
  FROM sites s LEFT JOIN agent_flags f ON f.site_id = s.id
), client_flags AS (
  SELECT c.id, jsonb_build_object('error', coalesce(bool_or(f.error), false), 'warning', coalesce(bool_or(f.warning), false)) AS flags
  FROM clients c LEFT JOIN agent_flags f ON f.client_id = c.id GROUP BY c.id
), changed_sites AS (
  UPDATE sites s SET failing_checks = f.flags FROM site_flags f WHERE s.id = f.id AND s.failing_checks <> f.flags RETURNING s.id
), changed_clients AS (
  UPDATE clients c SET failing_checks = f.flags FROM client_flags f WHERE c.id = f.id AND c.failing_checks <> f.flags RETURNING c.id
)
SELECT id FROM changed_sites UNION ALL SELECT id FROM changed_clients;

-- name: RecountAgents :one
-- Recounts the agents after the given one; returns how many there were and the last of them (0 and null at the end).
WITH page AS (
  SELECT array_agg(n.id ORDER BY n.id) AS ids FROM (SELECT id FROM agents WHERE id > sqlc.arg(after) ORDER BY id LIMIT sqlc.arg(page)) n
)
SELECT coalesce(cardinality(ids), 0)::integer AS agents, coalesce(ids[cardinality(ids)], 0)::integer AS last,
  (CASE WHEN ids IS NOT NULL THEN recount_agent_checks(ids)::text ELSE '' END)::text AS recounted
FROM page;
