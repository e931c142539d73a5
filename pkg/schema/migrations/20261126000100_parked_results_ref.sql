-- The row that a parked result is for: without it a task's or a command's result cannot be tried again.

-- +goose Up
ALTER TABLE parked_results ADD COLUMN ref text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE parked_results DROP COLUMN ref;
