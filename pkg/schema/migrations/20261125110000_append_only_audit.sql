-- The audit log is append-only (docs/decisions/2026-11-25-append-only-audit.md). A trigger refuses every change and removal;
-- the two functions below are the only way out, and they remove nothing but what the settings and the contract name. They and
-- the functions that make and drop partitions run as their owner, so that the services' role needs no right to do so itself.
-- The switch is set in their bodies: a SET clause of a function wants a superuser, whom owners of databases seldom are.

-- +goose Up
-- +goose StatementBegin
CREATE FUNCTION audit_log_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND coalesce(current_setting('gueen.audit_prune', true), '') = 'on' THEN
    RETURN NULL;
  END IF;
  RAISE EXCEPTION 'the audit log is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege',
    HINT = 'Old rows go by the retention setting, through audit_log_prune().';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
  FOR EACH STATEMENT EXECUTE FUNCTION audit_log_refuse();

-- Removes at most "most" rows that are older than the retention setting, the oldest first, and returns how many; 0 days keep all.
-- +goose StatementBegin
CREATE FUNCTION audit_log_prune(most integer) RETURNS integer LANGUAGE plpgsql
  SECURITY DEFINER SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  days integer; removed integer;
BEGIN
  SELECT audit_log_prune_days INTO days FROM public.core_settings;
  IF coalesce(days, 0) <= 0 THEN
    RETURN 0;
  END IF;
  PERFORM set_config('gueen.audit_prune', 'on', true);
  DELETE FROM public.audit_log WHERE id = ANY (ARRAY(
    SELECT l.id FROM public.audit_log l WHERE l.entry_time < now() - make_interval(days => days) ORDER BY l.entry_time, l.id LIMIT most));
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM set_config('gueen.audit_prune', 'off', true);
  RETURN removed;
END $$;
-- +goose StatementEnd

-- Removes at most "most" rows about check runs (rest-1.md §7, prune_db): no version writes them, but restored data may hold them.
-- +goose StatementBegin
CREATE FUNCTION audit_log_prune_check_runs(most integer) RETURNS integer LANGUAGE plpgsql
  SECURITY DEFINER SET search_path TO pg_catalog, public, pg_temp AS $$
DECLARE
  removed integer;
BEGIN
  PERFORM set_config('gueen.audit_prune', 'on', true);
  DELETE FROM public.audit_log WHERE id = ANY (ARRAY(SELECT l.id FROM public.audit_log l WHERE l.action = 'check_run' LIMIT most));
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM set_config('gueen.audit_prune', 'off', true);
  RETURN removed;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION audit_log_prune, audit_log_prune_check_runs FROM PUBLIC;

ALTER FUNCTION check_history_create_partitions(timestamptz, integer) SECURITY DEFINER SET search_path TO public, pg_catalog, pg_temp;
ALTER FUNCTION check_history_drop_partitions(timestamptz) SECURITY DEFINER SET search_path TO public, pg_catalog, pg_temp;
REVOKE EXECUTE ON FUNCTION check_history_create_partitions, check_history_drop_partitions FROM PUBLIC;

-- +goose Down
GRANT EXECUTE ON FUNCTION check_history_create_partitions, check_history_drop_partitions TO PUBLIC;
ALTER FUNCTION check_history_drop_partitions(timestamptz) SECURITY INVOKER RESET search_path;
ALTER FUNCTION check_history_create_partitions(timestamptz, integer) SECURITY INVOKER RESET search_path;
DROP FUNCTION audit_log_prune_check_runs, audit_log_prune;
DROP TRIGGER audit_log_append_only ON audit_log;
DROP FUNCTION audit_log_refuse;
