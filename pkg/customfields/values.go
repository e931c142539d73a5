package customfields

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// Value is the stored value of one field of one owner.
type Value struct {
	ID       int32    `db:"id"`
	OwnerID  int32    `db:"owner_id"`
	FieldID  int32    `db:"field_id"`
	Type     Type     `db:"type"`
	String   *string  `db:"string_value"`
	Bool     bool     `db:"bool_value"`
	Multiple []string `db:"multiple_value"`
}

// Current returns the form that counts for the field's type: []string, bool or *string.
func (v Value) Current() any {
	switch v.Type {
	case Multiple:
		return slices.Clone(v.Multiple)
	case Checkbox:
		return v.Bool
	default:
		return v.String
	}
}

// Input is a value to store. The forms that are nil keep what is stored; StringSet with a nil String stores null.
type Input struct {
	Field     int32
	StringSet bool
	String    *string
	Bool      *bool
	Multiple  *[]string
}

// table returns the value table of a model and the name of its owner column. Both are fixed words, never input.
func (m Model) table() (name, owner string) {
	switch m {
	case Client:
		return "client_custom_fields", "client_id"
	case Site:
		return "site_custom_fields", "site_id"
	default:
		return "agent_custom_fields", "agent_id"
	}
}

// Values returns the stored values of the owners, by owner and ordered by id.
func Values(ctx context.Context, db DB, model Model, owners []int32) (map[int32][]Value, error) {
	table, owner := model.table()
	rows, err := db.Query(ctx, `
		SELECT v.id, v.`+owner+` AS owner_id, v.field_id, f.type, v.string_value,
		  coalesce(v.bool_value, false) AS bool_value, coalesce(v.multiple_value, '{}') AS multiple_value
		FROM `+table+` v JOIN custom_fields f ON f.id = v.field_id
		WHERE v.`+owner+` = ANY($1) ORDER BY v.id`, owners)
	if err != nil {
		return nil, fmt.Errorf("read %s custom field values: %w", model, err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowToStructByName[Value])
	if err != nil {
		return nil, fmt.Errorf("read %s custom field values: %w", model, err)
	}
	byOwner := make(map[int32][]Value, len(owners))
	for _, v := range values {
		byOwner[v.OwnerID] = append(byOwner[v.OwnerID], v)
	}
	return byOwner, nil
}

type storedValue struct {
	Field    int32    `json:"field"`
	String   *string  `json:"string_value"`
	Bool     bool     `json:"bool_value"`
	Multiple []string `json:"multiple_value"`
}

// Store writes the inputs for one owner in one statement; a field that does not exist, or is another model's, refuses them all.
func Store(ctx context.Context, db DB, model Model, owner int32, inputs []Input) error {
	if len(inputs) == 0 {
		return nil
	}
	if err := requireFields(ctx, db, model, inputs); err != nil {
		return err
	}
	stored, err := Values(ctx, db, model, []int32{owner})
	if err != nil {
		return err
	}
	merged := make(map[int32]storedValue, len(inputs))
	for _, v := range stored[owner] {
		merged[v.FieldID] = storedValue{Field: v.FieldID, String: v.String, Bool: v.Bool, Multiple: v.Multiple}
	}
	rows := make([]storedValue, 0, len(inputs))
	for _, in := range inputs {
		v, ok := merged[in.Field]
		if !ok {
			v = storedValue{Field: in.Field, Multiple: []string{}}
		}
		if in.StringSet || in.String != nil {
			v.String = in.String
		}
		if in.Bool != nil {
			v.Bool = *in.Bool
		}
		if in.Multiple != nil {
			v.Multiple = *in.Multiple
		}
		merged[in.Field] = v
		rows = slices.DeleteFunc(rows, func(r storedValue) bool { return r.Field == in.Field })
		rows = append(rows, v)
	}
	payload, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("store %s custom field values: %w", model, err)
	}
	table, ownerColumn := model.table()
	_, err = db.Exec(ctx, `
		INSERT INTO `+table+` (`+ownerColumn+`, field_id, string_value, bool_value, multiple_value)
		SELECT $1, v.field, v.string_value, v.bool_value, coalesce(v.multiple_value, '{}')
		FROM jsonb_to_recordset($2) AS v (field int, string_value text, bool_value bool, multiple_value text[])
		ON CONFLICT (`+ownerColumn+`, field_id) DO UPDATE
		  SET string_value = excluded.string_value, bool_value = excluded.bool_value, multiple_value = excluded.multiple_value`,
		owner, json.RawMessage(payload))
	if err != nil {
		return fmt.Errorf("store %s custom field values: %w", model, err)
	}
	return nil
}

func requireFields(ctx context.Context, db DB, model Model, inputs []Input) error {
	ids := make([]int32, len(inputs))
	for i, in := range inputs {
		ids[i] = in.Field
	}
	rows, err := db.Query(ctx, `
		SELECT wanted.id FROM unnest($1::int[]) AS wanted (id)
		WHERE NOT EXISTS (SELECT 1 FROM custom_fields f WHERE f.id = wanted.id AND f.model = $2) LIMIT 1`, ids, model)
	if err != nil {
		return fmt.Errorf("look up custom fields: %w", err)
	}
	missing, err := pgx.CollectRows(rows, pgx.RowTo[int32])
	if err != nil {
		return fmt.Errorf("look up custom fields: %w", err)
	}
	if len(missing) > 0 {
		return fault.InvalidField("field", `Invalid pk "`+strconv.Itoa(int(missing[0]))+`" - object does not exist.`)
	}
	return nil
}

// FromText turns a script's output into the input for a field (domain.md §1.2): a list splits on commas, a checkbox is
// true for any text at all.
func FromText(field int32, t Type, text string) Input {
	in := Input{Field: field}
	switch t {
	case Multiple:
		items := strings.Split(text, ",")
		in.Multiple = &items
	case Checkbox:
		on := text != ""
		in.Bool = &on
	default:
		in.String = &text
	}
	return in
}
