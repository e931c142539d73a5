-- An installer token that was made for a site enrols only there and ends with the site. Without the binding in its own row it
-- outlived its install link, whose row goes with the site, and then enrolled anywhere.

-- +goose Up
ALTER TABLE sessions ADD COLUMN site_id integer REFERENCES sites ON DELETE CASCADE;
COMMENT ON COLUMN sessions.site_id IS 'the only site where an installer token enrols; null = any';
CREATE INDEX sessions_site_id_idx ON sessions (site_id) WHERE site_id IS NOT NULL;

UPDATE sessions s SET site_id = d.site_id FROM deployments d WHERE d.auth_token_id = s.digest;
UPDATE sessions s SET site_id = e.site_id FROM enrolments e WHERE s.digest = encode(e.token_hash, 'hex');

-- +goose Down
ALTER TABLE sessions DROP COLUMN site_id;
