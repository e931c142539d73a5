-- +goose Up
ALTER TABLE outbox ADD COLUMN request_id text;
COMMENT ON COLUMN outbox.request_id IS 'id of the request that asked for the work; it goes on into the worker''s log and its messages';

-- +goose Down
ALTER TABLE outbox DROP COLUMN request_id;
