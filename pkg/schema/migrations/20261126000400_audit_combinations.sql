-- Counting what a user did of one kind reads this index alone; before, it read every row of the user (rest-1.md §8, total).

-- +goose Up
CREATE INDEX audit_log_combination_idx ON audit_log (username, action, object_type);

-- +goose Down
DROP INDEX audit_log_combination_idx;
