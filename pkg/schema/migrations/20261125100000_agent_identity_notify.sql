-- Caches of agent tokens hear of every deletion, revocation and change of an agent's identity, whoever makes it. The
-- notification is part of the transaction: it is sent when the change is visible, and not at all when it is rolled back.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION agent_identity_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'agents' THEN
    PERFORM pg_notify('agent_identity', OLD.agent_id);
  ELSE
    PERFORM pg_notify('agent_identity', a.agent_id) FROM agents a WHERE a.id = OLD.agent_id;
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER agents_identity_deleted AFTER DELETE ON agents
  FOR EACH ROW EXECUTE FUNCTION agent_identity_changed();
CREATE TRIGGER agents_identity_updated AFTER UPDATE OF disabled, agent_id, hostname, plat ON agents
  FOR EACH ROW WHEN ((OLD.disabled, OLD.agent_id, OLD.hostname, OLD.plat) IS DISTINCT FROM (NEW.disabled, NEW.agent_id, NEW.hostname, NEW.plat))
  EXECUTE FUNCTION agent_identity_changed();
CREATE TRIGGER agent_tokens_revoked AFTER DELETE OR UPDATE OF token_hash ON agent_tokens
  FOR EACH ROW EXECUTE FUNCTION agent_identity_changed();

-- +goose Down
DROP TRIGGER agent_tokens_revoked ON agent_tokens;
DROP TRIGGER agents_identity_updated ON agents;
DROP TRIGGER agents_identity_deleted ON agents;
DROP FUNCTION agent_identity_changed;
