-- The audit log can be ordered by agent as well, which takes an index with the rows that concern none.

-- +goose Up
DROP INDEX audit_log_agent_id_idx;
CREATE INDEX audit_log_agent_id_idx ON audit_log (agent_id, entry_time DESC);

-- +goose Down
DROP INDEX audit_log_agent_id_idx;
CREATE INDEX audit_log_agent_id_idx ON audit_log (agent_id, entry_time DESC) WHERE agent_id IS NOT NULL;
