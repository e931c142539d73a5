-- Who is connected to the bus. A connection is known by its start time. Writing is commutative: of two connections the
-- later start wins, and of one connection the end wins over its beginning, so that events may come twice, late, in any
-- order and at any replica.

-- name: Connect :many
WITH incoming AS (
  SELECT a.id, a.agent_id, u.at
  FROM (SELECT unnest(@agent_ids::text[]) AS agent_id, unnest(@ats::timestamptz[]) AS at) u JOIN agents a ON a.agent_id = u.agent_id
), locked AS (
  SELECT p.agent_id FROM agent_presence p JOIN incoming i ON i.id = p.agent_id ORDER BY p.agent_id FOR NO KEY UPDATE OF p
)
UPDATE agent_presence p SET connected = true, connected_at = i.at FROM incoming i, locked l
WHERE p.agent_id = i.id AND l.agent_id = i.id AND (p.connected_at IS NULL OR p.connected_at < i.at)
RETURNING i.agent_id, p.connected, p.last_seen;

-- name: Disconnect :many
WITH incoming AS (
  SELECT a.id, a.agent_id, u.started, u.ended
  FROM (SELECT unnest(@agent_ids::text[]) AS agent_id, unnest(@started::timestamptz[]) AS started, unnest(@ended::timestamptz[]) AS ended) u
  JOIN agents a ON a.agent_id = u.agent_id
), locked AS (
  SELECT p.agent_id, p.connected FROM agent_presence p JOIN incoming i ON i.id = p.agent_id ORDER BY p.agent_id FOR NO KEY UPDATE OF p
)
UPDATE agent_presence p SET connected = false, connected_at = greatest(p.connected_at, i.started), disconnected_at = i.ended
FROM incoming i, locked l
WHERE p.agent_id = i.id AND l.agent_id = i.id AND (p.connected_at IS NULL OR p.connected_at < i.started OR (p.connected_at = i.started AND p.connected))
RETURNING i.agent_id, p.connected, p.last_seen;

-- name: DisconnectAbsent :many
-- After a complete list of connections was taken at @taken: everyone else who is said to be connected since before is not.
WITH present AS (
  SELECT a.id FROM unnest(@present::text[]) AS u (agent_id) JOIN agents a ON a.agent_id = u.agent_id
), locked AS (
  SELECT p.agent_id FROM agent_presence p
  WHERE p.connected AND p.connected_at < @taken::timestamptz AND NOT EXISTS (SELECT FROM present x WHERE x.id = p.agent_id)
  ORDER BY p.agent_id FOR NO KEY UPDATE
)
UPDATE agent_presence p SET connected = false, disconnected_at = @taken::timestamptz FROM locked l, agents a
WHERE p.agent_id = l.agent_id AND a.id = p.agent_id AND p.connected AND p.connected_at < @taken::timestamptz
RETURNING a.agent_id, p.connected, p.last_seen;

-- name: Strangers :many
-- Of the given ids those that may not be connected: deleted or disabled agents, and those whose last token was revoked.
SELECT u.agent_id::text AS agent_id FROM unnest(@agent_ids::text[]) AS u (agent_id)
WHERE NOT EXISTS (SELECT FROM agents a JOIN agent_tokens t ON t.agent_id = a.id WHERE a.agent_id = u.agent_id AND NOT a.disabled);

-- name: WentOffline :many
-- Agents whose last hello became older than their offline time, or their overdue time, within the window.
SELECT a.agent_id, p.connected, p.last_seen FROM agent_presence p JOIN agents a ON a.id = p.agent_id
WHERE p.last_seen IS NOT NULL AND (
  (p.last_seen + make_interval(mins => a.offline_time) > @since::timestamptz AND p.last_seen + make_interval(mins => a.offline_time) <= @until::timestamptz)
  OR (p.last_seen + make_interval(mins => a.overdue_time) > @since::timestamptz AND p.last_seen + make_interval(mins => a.overdue_time) <= @until::timestamptz));
