-- name: InsertOutbox :execrows
-- One row per (kind, dedupe_key): a second one is not inserted. The notification wakes the drainers when the caller commits.
WITH added AS (
  INSERT INTO outbox (queue, kind, payload, dedupe_key, available_at, request_id)
  SELECT n.queue, n.kind, n.payload, nullif(n.dedupe_key, ''), now() + n.delay_ms * interval '1 millisecond', nullif(sqlc.arg(request_id)::text, '')
  FROM (SELECT unnest(sqlc.arg(queues)::text[]) AS queue, unnest(sqlc.arg(kinds)::text[]) AS kind, unnest(sqlc.arg(payloads)::jsonb[]) AS payload,
    unnest(sqlc.arg(dedupe_keys)::text[]) AS dedupe_key, unnest(sqlc.arg(delays_ms)::bigint[]) AS delay_ms) n
  ON CONFLICT (kind, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING
  RETURNING id
)
SELECT added.id, pg_notify('outbox', '') FROM added;

-- name: ClaimOutbox :many
-- The rows stay locked until the transaction ends; other drainers pass over them.
SELECT id, task_id, queue, kind, payload, attempts, created, coalesce(request_id, '')::text AS request_id FROM outbox
WHERE dispatched_at IS NULL AND available_at <= now()
ORDER BY available_at, id
LIMIT sqlc.arg(batch)
FOR UPDATE SKIP LOCKED;

-- name: MarkOutboxDispatched :exec
UPDATE outbox SET dispatched_at = now(), checked_at = now(), attempts = attempts + 1, last_error = NULL
WHERE id = ANY (sqlc.arg(ids)::bigint[]);

-- name: MarkOutboxFailed :exec
UPDATE outbox SET attempts = attempts + 1, last_error = sqlc.arg(last_error), available_at = now() + sqlc.arg(delay_ms)::bigint * interval '1 millisecond'
WHERE id = sqlc.arg(id);

-- name: OutboxDone :one
-- Whether the work of a task is done already; no row when the task did not come from the outbox or was pruned.
SELECT (done_at IS NOT NULL)::boolean AS done FROM outbox WHERE task_id = sqlc.arg(task_id);

-- name: MarkOutboxDone :exec
UPDATE outbox SET done_at = now(), dispatched_at = coalesce(dispatched_at, now()) WHERE task_id = sqlc.arg(task_id) AND done_at IS NULL;

-- name: ListUnfinishedOutbox :many
SELECT id, task_id, queue FROM outbox
WHERE dispatched_at IS NOT NULL AND done_at IS NULL AND checked_at < now() - sqlc.arg(older_ms)::bigint * interval '1 millisecond'
ORDER BY checked_at, id
LIMIT sqlc.arg(batch);

-- name: MarkOutboxChecked :exec
UPDATE outbox SET checked_at = now() WHERE id = ANY (sqlc.arg(ids)::bigint[]);

-- name: RedispatchOutbox :execrows
-- Rows whose task the queue has lost. What was done in the meantime is left alone.
UPDATE outbox SET dispatched_at = NULL, last_error = 'the queue lost the task'
WHERE id = ANY (sqlc.arg(ids)::bigint[]) AND dispatched_at IS NOT NULL AND done_at IS NULL;

-- name: OutboxBacklog :one
SELECT count(*) AS waiting, coalesce(extract(epoch FROM now() - min(available_at)), 0)::double precision AS oldest_seconds
FROM outbox WHERE dispatched_at IS NULL AND available_at <= now();
