-- The trigger compares the old and the new rows of a statement. Its plan is made once in a session, often for one row, and a
-- nested loop then reads every large document once per row of the batch. Nothing but a hash or merge join is right here.

-- +goose Up
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agent_inventory_after_update() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT n.agent_id FROM new_rows n JOIN old_rows o USING (agent_id)
    WHERE (n.local_ips, n.make_model, n.serial_number) IS DISTINCT FROM (o.local_ips, o.make_model, o.serial_number));
  IF cardinality(ids) > 0 THEN
    SET LOCAL enable_nestloop = on; -- the refresh walks indexes
    PERFORM agent_search_refresh(ids);
  END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION agent_inventory_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE ids integer[];
BEGIN
  ids := array(SELECT n.agent_id FROM new_rows n JOIN old_rows o USING (agent_id)
    WHERE (n.local_ips, n.make_model, n.serial_number) IS DISTINCT FROM (o.local_ips, o.make_model, o.serial_number));
  IF cardinality(ids) > 0 THEN PERFORM agent_search_refresh(ids); END IF;
  RETURN NULL;
END $$;
-- +goose StatementEnd
