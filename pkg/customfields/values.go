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
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
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

// Store writes what a program found for one owner in one statement; a field that does not exist, or is another model's,
// refuses them all. Whether a value suits its field is not asked: the contract keeps outputs as they come (domain.md §1.2).
func Store(ctx context.Context, db DB, model Model, owner int32, inputs []Input) error {
	if len(inputs) == 0 {
		return nil
	}
	if _, err := fieldsOf(ctx, db, model, inputs); err != nil {
		return err
	}
	stored, err := Values(ctx, db, model, []int32{owner})
	if err != nil {
		return err
	}
	return write(ctx, db, model, owner, stored[owner], inputs)
}

func write(ctx context.Context, db DB, model Model, owner int32, stored []Value, inputs []Input) error {
	merged := make(map[int32]storedValue, len(inputs))
	for _, v := range stored {
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

// field is what a value is checked against.
type field struct {
	ID   int32  `db:"id"`
	Name string `db:"name"`
	Type Type   `db:"type"`
}

// fieldsOf returns the fields that the inputs name, by id. One that the model does not have is a field error.
func fieldsOf(ctx context.Context, db DB, model Model, inputs []Input) (map[int32]field, error) {
	ids := make([]int32, len(inputs))
	for i, in := range inputs {
		ids[i] = in.Field
	}
	found, err := postgres.Collect(ctx, db, pgx.RowToStructByName[field], "look up custom fields",
		`SELECT id, name, type FROM custom_fields WHERE id = ANY($1::int[]) AND model = $2`, ids, model)
	if err != nil {
		return nil, err
	}
	byID := make(map[int32]field, len(found))
	for _, f := range found {
		byID[f.ID] = f
	}
	for _, id := range ids {
		if _, has := byID[id]; !has {
			return nil, fault.InvalidField("field", `Invalid pk "`+strconv.Itoa(int(id))+`" - object does not exist.`)
		}
	}
	return byID, nil
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
