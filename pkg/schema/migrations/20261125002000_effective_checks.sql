-- Which policy checks apply to which agent (domain.md §3.1, §3.2), kept in a table so that every reader asks an index, and
-- the counters of an agent. Both follow each change that matters in the same transaction, whoever makes it: the triggers
-- below know all inputs of the merge, so that no writer of agents, sites, clients, settings or policies can forget them.

-- +goose Up
CREATE TABLE agent_policy_checks (
  agent_id integer NOT NULL REFERENCES agents ON DELETE CASCADE,
  check_id integer NOT NULL REFERENCES checks ON DELETE CASCADE,
  PRIMARY KEY (agent_id, check_id)
);
COMMENT ON TABLE agent_policy_checks IS 'effective policy checks, materialised; agent checks are not in it';
CREATE INDEX agent_policy_checks_check_id_idx ON agent_policy_checks (check_id);

-- The active policies of agents. slot: 1 agent, 2 site, 3 client, 4 default; a policy in several slots counts at its nearest.
-- +goose StatementBegin
CREATE FUNCTION agents_effective_policies(ids integer[])
RETURNS TABLE (agent_id integer, policy_id integer, slot integer, enforced boolean) LANGUAGE sql STABLE AS $$
  WITH placed AS (
    SELECT a.id, a.site_id, s.client_id, a.monitoring_type = 'server' AS is_server, a.policy_id AS p_agent,
      a.block_policy_inheritance AS b_agent, s.block_policy_inheritance AS b_site, c.block_policy_inheritance AS b_client,
      CASE a.monitoring_type WHEN 'server' THEN s.server_policy_id ELSE s.workstation_policy_id END AS p_site,
      CASE a.monitoring_type WHEN 'server' THEN c.server_policy_id ELSE c.workstation_policy_id END AS p_client,
      CASE a.monitoring_type WHEN 'server' THEN k.server_policy_id ELSE k.workstation_policy_id END AS p_default
    FROM agents a JOIN sites s ON s.id = a.site_id JOIN clients c ON c.id = s.client_id LEFT JOIN core_settings k ON true
    WHERE a.id = ANY (ids)
  ), slots AS (
    SELECT p.id, p.site_id, p.client_id, v.slot, v.policy_id
    FROM placed p CROSS JOIN LATERAL (VALUES
      (1, p.p_agent, true), (2, p.p_site, NOT p.b_agent), (3, p.p_client, NOT (p.b_agent OR p.b_site)),
      (4, p.p_default, NOT (p.b_agent OR p.b_site OR p.b_client))) AS v (slot, policy_id, reaches)
    WHERE v.reaches AND v.policy_id IS NOT NULL
  )
  SELECT s.id, s.policy_id, min(s.slot), p.enforced
  FROM slots s JOIN policies p ON p.id = s.policy_id AND p.active
  WHERE NOT EXISTS (SELECT FROM policy_excluded_agents e WHERE e.policy_id = s.policy_id AND e.agent_id = s.id)
    AND NOT EXISTS (SELECT FROM policy_excluded_sites e WHERE e.policy_id = s.policy_id AND e.site_id = s.site_id)
    AND NOT EXISTS (SELECT FROM policy_excluded_clients e WHERE e.policy_id = s.policy_id AND e.client_id = s.client_id)
  GROUP BY s.id, s.policy_id, p.enforced
$$;
-- +goose StatementEnd

-- The agents whom a policy reaches through any slot, before blocking and exclusions: a superset is enough for a refresh.
-- +goose StatementBegin
CREATE FUNCTION agents_near_policies(policy_ids integer[]) RETURNS integer[] LANGUAGE sql STABLE AS $$
  SELECT coalesce(array_agg(DISTINCT id), '{}') FROM (
    SELECT a.id FROM agents a WHERE a.policy_id = ANY (policy_ids)
    UNION ALL SELECT a.id FROM sites s JOIN agents a ON a.site_id = s.id
      WHERE s.server_policy_id = ANY (policy_ids) OR s.workstation_policy_id = ANY (policy_ids)
    UNION ALL SELECT a.id FROM clients c JOIN sites s ON s.client_id = c.id JOIN agents a ON a.site_id = s.id
      WHERE c.server_policy_id = ANY (policy_ids) OR c.workstation_policy_id = ANY (policy_ids)
    UNION ALL SELECT a.id FROM core_settings k JOIN agents a ON a.monitoring_type = 'server'
      WHERE k.server_policy_id = ANY (policy_ids)
    UNION ALL SELECT a.id FROM core_settings k JOIN agents a ON a.monitoring_type = 'workstation'
      WHERE k.workstation_policy_id = ANY (policy_ids)
  ) near
$$;
-- +goose StatementEnd

-- The merge: enforced policies first, then the agent's own checks, then the other policies; of checks with the same identity
-- the first wins. own_loses marks own checks that lose against a policy check.
-- +goose StatementBegin
CREATE FUNCTION agents_merge_checks(ids integer[])
RETURNS TABLE (agent_id integer, check_id integer, own boolean, wins boolean, own_loses boolean) LANGUAGE sql STABLE AS $$
  WITH candidates AS (
    SELECT e.agent_id, c.id AS check_id, false AS own, CASE WHEN e.enforced THEN 0 ELSE 2 END AS class, e.slot
    FROM agents_effective_policies(ids) e JOIN checks c ON c.policy_id = e.policy_id
    UNION ALL
    SELECT c.agent_id, c.id, true, 1, 0 FROM checks c WHERE c.agent_id = ANY (ids)
  ), identified AS (
    SELECT m.*, c.check_type, CASE c.check_type
        WHEN 'diskspace' THEN c.disk WHEN 'ping' THEN c.ip WHEN 'winsvc' THEN c.svc_name WHEN 'script' THEN c.script_id::text
        WHEN 'eventlog' THEN concat(c.log_name, '/', c.event_id) ELSE '' END AS identity
    FROM candidates m JOIN checks c ON c.id = m.check_id JOIN agents a ON a.id = m.agent_id LEFT JOIN scripts s ON s.id = c.script_id
    WHERE CASE c.check_type
        WHEN 'ping' THEN true
        WHEN 'script' THEN coalesce(cardinality(s.supported_platforms), 0) = 0 OR a.plat = ANY (s.supported_platforms)
        ELSE a.plat = 'windows' END
  ), ranked AS (
    SELECT i.*, row_number() OVER same AS place, first_value(i.own) OVER same AS own_first
    FROM identified i
    WINDOW same AS (PARTITION BY i.agent_id, i.check_type, i.identity ORDER BY i.class, i.slot, i.check_id)
  )
  SELECT r.agent_id, r.check_id, r.own, r.place = 1, r.own AND NOT r.own_first FROM ranked r
$$;
-- +goose StatementEnd

-- Recounts the checks of agents (domain.md §2.6). The rows are locked first and counted in a later statement, so that the
-- count sees everything that a transaction which held the lock before has written.
-- +goose StatementBegin
CREATE FUNCTION recount_agent_checks(ids integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO agent_check_counts (agent_id) SELECT id FROM agents WHERE id = ANY (ids) ORDER BY id ON CONFLICT DO NOTHING;
  PERFORM FROM agent_check_counts WHERE agent_id = ANY (ids) ORDER BY agent_id FOR UPDATE;
  UPDATE agent_check_counts k
  SET total = n.total, passing = n.passing, failing = n.failing, warning = n.warning, info = n.info, pending = n.pending
  FROM (
    SELECT w.agent_id, count(b.check_id) AS total,
      count(*) FILTER (WHERE b.bucket = 'passing') AS passing, count(*) FILTER (WHERE b.bucket = 'error') AS failing,
      count(*) FILTER (WHERE b.bucket = 'warning') AS warning, count(*) FILTER (WHERE b.bucket = 'info') AS info,
      count(*) FILTER (WHERE b.bucket = 'pending') AS pending
    FROM (SELECT DISTINCT unnest(ids) AS agent_id) w
    LEFT JOIN LATERAL (
      SELECT c.id AS check_id, CASE
          WHEN r.id IS NULL OR r.status = 'passing' THEN 'passing'
          WHEN r.status = 'pending' THEN 'pending'
          WHEN c.check_type IN ('diskspace', 'cpuload', 'memory', 'script') THEN coalesce(nullif(r.alert_severity, ''), 'warning')
          ELSE coalesce(nullif(c.alert_severity, ''), 'warning') END AS bucket
      FROM (
        SELECT o.id FROM checks o WHERE o.agent_id = w.agent_id AND NOT o.overridden_by_policy
        UNION ALL SELECT p.check_id FROM agent_policy_checks p WHERE p.agent_id = w.agent_id
      ) e JOIN checks c ON c.id = e.id
      LEFT JOIN check_results r ON r.agent_id = w.agent_id AND r.assigned_check_id = c.id
    ) b ON true
    GROUP BY w.agent_id
  ) n
  WHERE k.agent_id = n.agent_id AND (k.total, k.passing, k.failing, k.warning, k.info, k.pending)
    IS DISTINCT FROM (n.total, n.passing, n.failing, n.warning, n.info, n.pending);
END $$;
-- +goose StatementEnd

-- Brings the effective checks, the overridden flags and the counters of agents up to date.
-- +goose StatementBegin
CREATE FUNCTION refresh_agent_checks(ids integer[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF ids IS NULL OR cardinality(ids) = 0 THEN
    RETURN;
  END IF;
  INSERT INTO agent_check_counts (agent_id) SELECT id FROM agents WHERE id = ANY (ids) ORDER BY id ON CONFLICT DO NOTHING;
  PERFORM FROM agent_check_counts WHERE agent_id = ANY (ids) ORDER BY agent_id FOR UPDATE;
  WITH merged AS MATERIALIZED (SELECT * FROM agents_merge_checks(ids)),
  gone AS (
    DELETE FROM agent_policy_checks p WHERE p.agent_id = ANY (ids)
      AND NOT EXISTS (SELECT FROM merged m WHERE m.agent_id = p.agent_id AND m.check_id = p.check_id AND m.wins AND NOT m.own)
  ), added AS (
    INSERT INTO agent_policy_checks (agent_id, check_id)
    SELECT m.agent_id, m.check_id FROM merged m WHERE m.wins AND NOT m.own ON CONFLICT DO NOTHING
  )
  UPDATE checks c SET overridden_by_policy = f.loses
  FROM (SELECT o.id, coalesce(m.own_loses, false) AS loses
        FROM checks o LEFT JOIN merged m ON m.check_id = o.id AND m.agent_id = o.agent_id WHERE o.agent_id = ANY (ids)) f
  WHERE c.id = f.id AND c.overridden_by_policy <> f.loses;
  PERFORM recount_agent_checks(ids);
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION agent_checks_follow() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids integer[];
BEGIN
  CASE TG_TABLE_NAME
  WHEN 'agents' THEN
    ids := ARRAY[NEW.id];
  WHEN 'sites' THEN
    SELECT array_agg(id) INTO ids FROM agents WHERE site_id = NEW.id;
  WHEN 'clients' THEN
    SELECT array_agg(a.id) INTO ids FROM sites s JOIN agents a ON a.site_id = s.id WHERE s.client_id = NEW.id;
  WHEN 'core_settings' THEN
    SELECT array_agg(id) INTO ids FROM agents
    WHERE monitoring_type = 'server' AND OLD.server_policy_id IS DISTINCT FROM NEW.server_policy_id
       OR monitoring_type = 'workstation' AND OLD.workstation_policy_id IS DISTINCT FROM NEW.workstation_policy_id;
  WHEN 'policies' THEN
    ids := agents_near_policies(ARRAY[NEW.id]);
  WHEN 'policy_excluded_agents' THEN
    ids := ARRAY[coalesce(NEW.agent_id, OLD.agent_id)];
  WHEN 'policy_excluded_sites' THEN
    SELECT array_agg(id) INTO ids FROM agents WHERE site_id = coalesce(NEW.site_id, OLD.site_id);
  WHEN 'policy_excluded_clients' THEN
    SELECT array_agg(a.id) INTO ids FROM sites s JOIN agents a ON a.site_id = s.id
    WHERE s.client_id = coalesce(NEW.client_id, OLD.client_id);
  WHEN 'checks' THEN
    IF coalesce(NEW.agent_id, OLD.agent_id) IS NOT NULL THEN
      ids := ARRAY[coalesce(NEW.agent_id, OLD.agent_id)];
    ELSE
      ids := agents_near_policies(ARRAY[coalesce(NEW.policy_id, OLD.policy_id)]);
    END IF;
  WHEN 'scripts' THEN
    SELECT agents_near_policies(array_agg(DISTINCT policy_id)) INTO ids
    FROM checks WHERE script_id = NEW.id AND policy_id IS NOT NULL;
  END CASE;
  PERFORM refresh_agent_checks(ids);
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER checks_follow_insert AFTER INSERT ON agents FOR EACH ROW EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER UPDATE ON agents FOR EACH ROW
  WHEN ((OLD.policy_id, OLD.site_id, OLD.monitoring_type, OLD.block_policy_inheritance, OLD.plat)
    IS DISTINCT FROM (NEW.policy_id, NEW.site_id, NEW.monitoring_type, NEW.block_policy_inheritance, NEW.plat))
  EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER UPDATE ON sites FOR EACH ROW
  WHEN ((OLD.client_id, OLD.server_policy_id, OLD.workstation_policy_id, OLD.block_policy_inheritance)
    IS DISTINCT FROM (NEW.client_id, NEW.server_policy_id, NEW.workstation_policy_id, NEW.block_policy_inheritance))
  EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER UPDATE ON clients FOR EACH ROW
  WHEN ((OLD.server_policy_id, OLD.workstation_policy_id, OLD.block_policy_inheritance)
    IS DISTINCT FROM (NEW.server_policy_id, NEW.workstation_policy_id, NEW.block_policy_inheritance))
  EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER UPDATE ON core_settings FOR EACH ROW
  WHEN ((OLD.server_policy_id, OLD.workstation_policy_id) IS DISTINCT FROM (NEW.server_policy_id, NEW.workstation_policy_id))
  EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER UPDATE ON policies FOR EACH ROW
  WHEN ((OLD.active, OLD.enforced) IS DISTINCT FROM (NEW.active, NEW.enforced)) EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER INSERT OR DELETE ON policy_excluded_agents FOR EACH ROW EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER INSERT OR DELETE ON policy_excluded_sites FOR EACH ROW EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER INSERT OR DELETE ON policy_excluded_clients FOR EACH ROW EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow_rows AFTER INSERT OR DELETE ON checks FOR EACH ROW EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER UPDATE ON checks FOR EACH ROW
  WHEN ((OLD.disk, OLD.ip, OLD.svc_name, OLD.script_id, OLD.log_name, OLD.event_id, OLD.alert_severity)
    IS DISTINCT FROM (NEW.disk, NEW.ip, NEW.svc_name, NEW.script_id, NEW.log_name, NEW.event_id, NEW.alert_severity))
  EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER UPDATE ON scripts FOR EACH ROW
  WHEN (OLD.supported_platforms IS DISTINCT FROM NEW.supported_platforms) EXECUTE FUNCTION agent_checks_follow();

-- +goose StatementBegin
DO $$ BEGIN PERFORM refresh_agent_checks((SELECT array_agg(id) FROM agents)); END $$;
-- +goose StatementEnd

-- +goose Down
DROP TRIGGER checks_follow ON scripts;
DROP TRIGGER checks_follow ON checks;
DROP TRIGGER checks_follow_rows ON checks;
DROP TRIGGER checks_follow ON policy_excluded_clients;
DROP TRIGGER checks_follow ON policy_excluded_sites;
DROP TRIGGER checks_follow ON policy_excluded_agents;
DROP TRIGGER checks_follow ON policies;
DROP TRIGGER checks_follow ON core_settings;
DROP TRIGGER checks_follow ON clients;
DROP TRIGGER checks_follow ON sites;
DROP TRIGGER checks_follow ON agents;
DROP TRIGGER checks_follow_insert ON agents;
DROP FUNCTION agent_checks_follow, refresh_agent_checks, recount_agent_checks, agents_merge_checks, agents_near_policies,
  agents_effective_policies;
DROP TABLE agent_policy_checks;
