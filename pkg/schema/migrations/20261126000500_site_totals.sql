-- +goose Up
-- The clients tree counts the agents of every site and asks whether one is in maintenance, without reading the wide rows.
CREATE INDEX agents_site_totals_idx ON agents (site_id) INCLUDE (maintenance_mode);

-- +goose Down
DROP INDEX agents_site_totals_idx;
