-- Custom field definitions and the values of clients, sites and agents (domain.md §8.1).

-- name: ListDefinitions :many
SELECT * FROM custom_fields WHERE (sqlc.arg(model)::text = '' OR model = sqlc.arg(model)) ORDER BY id;

-- name: GetDefinition :one
SELECT * FROM custom_fields WHERE id = $1;

-- name: GetDefinitionForUpdate :one
SELECT * FROM custom_fields WHERE id = $1 FOR UPDATE;

-- name: InsertDefinition :one
INSERT INTO custom_fields (
  "order", model, type, options, name, required, default_value_string, default_value_bool, default_values_multiple,
  hide_in_ui, hide_in_summary, created_by, modified_by
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12)
RETURNING *;

-- name: UpdateDefinition :one
UPDATE custom_fields SET
  "order" = $2, model = $3, type = $4, options = $5, name = $6, required = $7, default_value_string = $8,
  default_value_bool = $9, default_values_multiple = $10, hide_in_ui = $11, hide_in_summary = $12,
  modified_by = $13, modified_time = now()
WHERE id = $1
RETURNING *;

-- name: DeleteDefinition :exec
DELETE FROM custom_fields WHERE id = $1;

-- name: MissingDefinitions :many
SELECT wanted.id::int AS id FROM unnest(sqlc.arg(ids)::int[]) AS wanted (id)
WHERE NOT EXISTS (SELECT 1 FROM custom_fields f WHERE f.id = wanted.id);

-- name: UpsertClientValues :exec
INSERT INTO client_custom_fields (client_id, field_id, string_value, bool_value, multiple_value)
SELECT sqlc.arg(owner_id)::int, v.field, v.string_value, coalesce(v.bool_value, false), coalesce(v.multiple_value, '{}')
FROM jsonb_to_recordset(sqlc.arg(vals)::jsonb)
  AS v (field int, string_value text, bool_value bool, multiple_value text[], set_string bool, set_bool bool, set_multiple bool)
ON CONFLICT (client_id, field_id) DO UPDATE SET
  string_value = CASE WHEN (SELECT w.set_string FROM jsonb_to_recordset(sqlc.arg(vals)::jsonb) AS w (field int, set_string bool) WHERE w.field = excluded.field_id LIMIT 1) THEN excluded.string_value ELSE client_custom_fields.string_value END,
  bool_value = CASE WHEN (SELECT w.set_bool FROM jsonb_to_recordset(sqlc.arg(vals)::jsonb) AS w (field int, set_bool bool) WHERE w.field = excluded.field_id LIMIT 1) THEN excluded.bool_value ELSE client_custom_fields.bool_value END,
  multiple_value = CASE WHEN (SELECT w.set_multiple FROM jsonb_to_recordset(sqlc.arg(vals)::jsonb) AS w (field int, set_multiple bool) WHERE w.field = excluded.field_id LIMIT 1) THEN excluded.multiple_value ELSE client_custom_fields.multiple_value END;
