-- What the ingest of check-ins writes (agent-protocol.md §2.4). Every statement takes arrays of equal length, one element
-- per agent, and writes only what differs. Rows are locked in one order, so that replicas do not meet in a deadlock.

-- name: TouchAgents :many
WITH incoming AS (
  SELECT a.id, a.agent_id, a.offline_time, u.seen, u.version
  FROM (SELECT unnest(@agent_ids::text[]) AS agent_id, unnest(@seen::timestamptz[]) AS seen, unnest(@versions::text[]) AS version) u
  JOIN agents a ON a.agent_id = u.agent_id
), locked AS (
  SELECT p.agent_id, p.last_seen, p.version FROM agent_presence p JOIN incoming i ON i.id = p.agent_id
  ORDER BY p.agent_id FOR NO KEY UPDATE OF p
), touched AS (
  UPDATE agent_presence p SET last_seen = i.seen, version = i.version
  FROM incoming i JOIN locked l ON l.agent_id = i.id
  WHERE p.agent_id = i.id AND (l.last_seen IS NULL OR l.last_seen < i.seen)
  RETURNING i.agent_id, i.seen, p.connected, (l.version <> i.version) AS version_changed,
    (l.last_seen IS NULL OR l.last_seen < i.seen - make_interval(mins => i.offline_time)) AS came_online
)
SELECT agent_id::text AS agent_id, seen::timestamptz AS seen, connected::boolean AS connected, version_changed::boolean AS version_changed,
  came_online::boolean AS came_online
FROM touched WHERE version_changed OR came_online;

-- name: StoreAgentInfo :many
WITH incoming AS (
  SELECT unnest(@agent_ids::text[]) AS agent_id, unnest(@usernames::text[]) AS username, unnest(@hostnames::text[]) AS hostname,
    unnest(@operating_systems::text[]) AS operating_system, unnest(@plats::text[]) AS plat, unnest(@total_rams::integer[]) AS total_ram,
    unnest(@boot_times::double precision[]) AS boot_time, unnest(@needs_reboots::boolean[]) AS needs_reboot, unnest(@goarchs::text[]) AS goarch
), locked AS (
  SELECT a.id FROM agents a JOIN incoming i ON i.agent_id = a.agent_id ORDER BY a.id FOR NO KEY UPDATE OF a
)
UPDATE agents a SET logged_in_username = i.username, hostname = i.hostname, operating_system = i.operating_system, plat = i.plat,
  total_ram = i.total_ram, boot_time = i.boot_time, needs_reboot = i.needs_reboot, goarch = coalesce(nullif(i.goarch, ''), a.goarch),
  last_logged_in_user = CASE WHEN i.username = 'None' THEN a.last_logged_in_user ELSE i.username END
FROM incoming i, locked l
WHERE a.agent_id = i.agent_id AND l.id = a.id
  AND (a.logged_in_username, a.hostname, a.operating_system, a.plat, a.total_ram, a.boot_time, a.needs_reboot, a.goarch, a.last_logged_in_user)
    IS DISTINCT FROM (i.username, i.hostname, i.operating_system, i.plat, i.total_ram, i.boot_time, i.needs_reboot,
      coalesce(nullif(i.goarch, ''), a.goarch), CASE WHEN i.username = 'None' THEN a.last_logged_in_user ELSE i.username END)
RETURNING a.agent_id;

-- name: StorePublicIPs :many
WITH incoming AS (
  SELECT unnest(@agent_ids::text[]) AS agent_id, unnest(@public_ips::text[]) AS public_ip
), locked AS (
  SELECT a.id FROM agents a JOIN incoming i ON i.agent_id = a.agent_id ORDER BY a.id FOR NO KEY UPDATE OF a
)
UPDATE agents a SET public_ip = i.public_ip FROM incoming i, locked l
WHERE a.agent_id = i.agent_id AND l.id = a.id AND a.public_ip IS DISTINCT FROM i.public_ip
RETURNING a.agent_id;

-- name: InventoryHashes :many
SELECT a.agent_id, a.plat, inv.services_hash, inv.disks_hash, inv.wmi_detail_hash
FROM agents a JOIN agent_inventory inv ON inv.agent_id = a.id
WHERE a.agent_id = ANY (@agent_ids::text[]);

-- name: StoreServices :many
-- Documents stay in their parameter and are taken out of it by number when a row is written: rows that carry them would be
-- kept aside in temporary files and read again and again.
WITH incoming AS (
  SELECT a.id, a.agent_id, u.n FROM unnest(@agent_ids::text[]) WITH ORDINALITY AS u (agent_id, n) JOIN agents a ON a.agent_id = u.agent_id
), locked AS (
  SELECT inv.agent_id FROM agent_inventory inv JOIN incoming i ON i.id = inv.agent_id ORDER BY inv.agent_id FOR NO KEY UPDATE OF inv
)
UPDATE agent_inventory inv SET services = (@docs::text[])[i.n]::json, services_hash = (@hashes::bytea[])[i.n], services_time = (@ats::timestamptz[])[i.n]
FROM incoming i, locked l
WHERE inv.agent_id = i.id AND l.agent_id = i.id AND (inv.services_time IS NULL OR inv.services_time < (@ats::timestamptz[])[i.n])
RETURNING i.agent_id;

-- name: StoreDisks :many
WITH incoming AS (
  SELECT a.id, a.agent_id, u.n FROM unnest(@agent_ids::text[]) WITH ORDINALITY AS u (agent_id, n) JOIN agents a ON a.agent_id = u.agent_id
), locked AS (
  SELECT inv.agent_id FROM agent_inventory inv JOIN incoming i ON i.id = inv.agent_id ORDER BY inv.agent_id FOR NO KEY UPDATE OF inv
)
UPDATE agent_inventory inv SET disks = (@docs::text[])[i.n]::json, disks_hash = (@hashes::bytea[])[i.n], disks_time = (@ats::timestamptz[])[i.n]
FROM incoming i, locked l
WHERE inv.agent_id = i.id AND l.agent_id = i.id AND (inv.disks_time IS NULL OR inv.disks_time < (@ats::timestamptz[])[i.n])
RETURNING i.agent_id;

-- name: StoreWMI :many
-- The derived texts come as JSON: arrays of arrays would have to be of one length.
WITH incoming AS (
  SELECT a.id, a.agent_id, u.n, (@summaries::text[])[u.n]::jsonb AS summary
  FROM unnest(@agent_ids::text[]) WITH ORDINALITY AS u (agent_id, n) JOIN agents a ON a.agent_id = u.agent_id
), locked AS (
  SELECT inv.agent_id FROM agent_inventory inv JOIN incoming i ON i.id = inv.agent_id ORDER BY inv.agent_id FOR NO KEY UPDATE OF inv
)
UPDATE agent_inventory inv SET wmi_detail = (@docs::text[])[i.n]::json, wmi_detail_hash = (@hashes::bytea[])[i.n],
  wmi_detail_time = (@ats::timestamptz[])[i.n],
  cpu_model = ARRAY(SELECT jsonb_array_elements_text(i.summary -> 'cpu_model')), graphics = i.summary ->> 'graphics',
  local_ips = i.summary ->> 'local_ips', make_model = i.summary ->> 'make_model',
  physical_disks = ARRAY(SELECT jsonb_array_elements_text(i.summary -> 'physical_disks')), serial_number = i.summary ->> 'serial_number'
FROM incoming i, locked l
WHERE inv.agent_id = i.id AND l.agent_id = i.id AND (inv.wmi_detail_time IS NULL OR inv.wmi_detail_time < (@ats::timestamptz[])[i.n])
RETURNING i.agent_id;
