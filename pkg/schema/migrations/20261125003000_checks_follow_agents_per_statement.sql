-- Agents come and change in bulk (moves, reported platforms, restores): their effective checks are brought up to date once
-- per statement instead of once per row, and not at all for new agents while no policy is active.

-- +goose Up
DROP TRIGGER checks_follow_insert ON agents;
DROP TRIGGER checks_follow ON agents;

-- +goose StatementBegin
CREATE FUNCTION agent_checks_follow_inserted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM policies WHERE active) THEN
    PERFORM refresh_agent_checks(array(SELECT id FROM new_rows ORDER BY id));
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE FUNCTION agent_checks_follow_updated() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refresh_agent_checks(array(SELECT n.id FROM new_rows n JOIN old_rows o USING (id)
    WHERE (n.policy_id, n.site_id, n.monitoring_type, n.block_policy_inheritance, n.plat)
      IS DISTINCT FROM (o.policy_id, o.site_id, o.monitoring_type, o.block_policy_inheritance, o.plat) ORDER BY n.id));
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER checks_follow_insert AFTER INSERT ON agents
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION agent_checks_follow_inserted();
CREATE TRIGGER checks_follow AFTER UPDATE ON agents
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION agent_checks_follow_updated();

-- +goose Down
DROP TRIGGER checks_follow_insert ON agents;
DROP TRIGGER checks_follow ON agents;
DROP FUNCTION agent_checks_follow_inserted, agent_checks_follow_updated;
CREATE TRIGGER checks_follow_insert AFTER INSERT ON agents FOR EACH ROW EXECUTE FUNCTION agent_checks_follow();
CREATE TRIGGER checks_follow AFTER UPDATE ON agents FOR EACH ROW
  WHEN ((OLD.policy_id, OLD.site_id, OLD.monitoring_type, OLD.block_policy_inheritance, OLD.plat)
    IS DISTINCT FROM (NEW.policy_id, NEW.site_id, NEW.monitoring_type, NEW.block_policy_inheritance, NEW.plat))
  EXECUTE FUNCTION agent_checks_follow();
