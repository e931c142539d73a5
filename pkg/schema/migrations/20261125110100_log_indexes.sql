-- Orders and filters of the log pages, each an index walk (rest-1.md §8).

-- +goose Up
CREATE INDEX audit_log_agent_idx ON audit_log (agent, entry_time DESC);
CREATE INDEX audit_log_message_idx ON audit_log (message, entry_time DESC);
CREATE INDEX debug_log_level_idx ON debug_log (log_level, entry_time DESC, id DESC);
CREATE INDEX debug_log_type_idx ON debug_log (log_type, entry_time DESC, id DESC);
CREATE INDEX pending_actions_open_idx ON pending_actions (id) WHERE status = 'pending';
-- The columns of conditions on their own and together tell the planner how rare a combination is.
CREATE STATISTICS audit_log_combinations (ndistinct, dependencies, mcv) ON username, action, object_type FROM audit_log;

-- +goose Down
DROP STATISTICS audit_log_combinations;
DROP INDEX pending_actions_open_idx, debug_log_type_idx, debug_log_level_idx, audit_log_message_idx, audit_log_agent_idx;
