package customfields

import (
	"context"
	"fmt"
)

// Found is a text that a script on an agent found for a field. The field's model says whether the agent, its site or its
// client gets the value.
type Found struct {
	AgentPK int32
	FieldID int32
	Text    string
}

// StoreFound writes found texts, the last one of each owner and field, by the rules of FromText. Fields that no longer
// exist are left out.
func StoreFound(ctx context.Context, db DB, found []Found) error {
	if len(found) == 0 {
		return nil
	}
	agents, fields, texts := make([]int32, len(found)), make([]int32, len(found)), make([]string, len(found))
	for i, f := range found {
		agents[i], fields[i], texts[i] = f.AgentPK, f.FieldID, f.Text
	}
	for _, model := range []Model{Agent, Site, Client} {
		table, owner := model.table()
		place := map[Model]string{Agent: "a.id", Site: "a.site_id", Client: "s.client_id"}[model]
		_, err := db.Exec(ctx, `
			INSERT INTO `+table+` AS v (`+owner+`, field_id, string_value, bool_value, multiple_value)
			SELECT DISTINCT ON (`+place+`, f.id) `+place+`, f.id,
			  CASE WHEN f.type NOT IN ('multiple', 'checkbox') THEN n.text END, f.type = 'checkbox' AND n.text <> '',
			  CASE WHEN f.type = 'multiple' THEN string_to_array(n.text, ',') ELSE '{}' END
			FROM unnest($1::int[], $2::int[], $3::text[]) WITH ORDINALITY AS n (agent, field, text, place)
			JOIN custom_fields f ON f.id = n.field AND f.model = $4
			JOIN agents a ON a.id = n.agent JOIN sites s ON s.id = a.site_id
			ORDER BY `+place+`, f.id, n.place DESC
			ON CONFLICT (`+owner+`, field_id) DO UPDATE SET string_value = coalesce(excluded.string_value, v.string_value),
			  bool_value = excluded.bool_value, multiple_value = excluded.multiple_value`, agents, fields, texts, model)
		if err != nil {
			return fmt.Errorf("store found %s custom field values: %w", model, err)
		}
	}
	return nil
}
