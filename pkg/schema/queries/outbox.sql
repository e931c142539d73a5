-- name: InsertOutbox :one
-- One row per (kind, dedupe key): a second one answers no row.
INSERT INTO outbox (queue, kind, payload, dedupe_key, available_at)
VALUES (@queue, @kind, @payload, sqlc.narg(dedupe_key), coalesce(sqlc.narg(available_at)::timestamptz, now()))
ON CONFLICT (kind, dedupe_key) WHERE dedupe_key IS NOT NULL DO NOTHING
RETURNING id;
