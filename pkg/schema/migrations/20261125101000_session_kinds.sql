-- A fourth kind of session: tokens that the operator takes at the server for scripts. Their life is fixed, as asked for.

-- +goose Up
ALTER TABLE sessions DROP CONSTRAINT sessions_kind_check,
  ADD CONSTRAINT sessions_kind_check CHECK (kind IN ('session', 'setup', 'installer', 'operator'));

-- +goose Down
DELETE FROM sessions WHERE kind = 'operator';
ALTER TABLE sessions DROP CONSTRAINT sessions_kind_check,
  ADD CONSTRAINT sessions_kind_check CHECK (kind IN ('session', 'setup', 'installer'));
