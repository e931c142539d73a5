-- Inventory documents are large, written by the thousand and read rarely: lz4 packs them in a fraction of the time that the
-- default takes. A server that was built without it keeps the default.

-- +goose Up
-- +goose StatementBegin
DO $$
BEGIN
  ALTER TABLE agent_inventory
    ALTER COLUMN services SET COMPRESSION lz4, ALTER COLUMN disks SET COMPRESSION lz4,
    ALTER COLUMN wmi_detail SET COMPRESSION lz4, ALTER COLUMN software SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
  RAISE NOTICE 'this server has no lz4, inventory keeps the default compression';
END $$;
-- +goose StatementEnd

-- +goose Down
ALTER TABLE agent_inventory
  ALTER COLUMN services SET COMPRESSION default, ALTER COLUMN disks SET COMPRESSION default,
  ALTER COLUMN wmi_detail SET COMPRESSION default, ALTER COLUMN software SET COMPRESSION default;
