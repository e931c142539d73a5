-- The newest actions of one agent are a walk of one index, however many others have.

-- +goose Up
DROP INDEX pending_actions_agent_id_idx;
CREATE INDEX pending_actions_agent_id_idx ON pending_actions (agent_id, id);

-- +goose Down
DROP INDEX pending_actions_agent_id_idx;
CREATE INDEX pending_actions_agent_id_idx ON pending_actions (agent_id);
