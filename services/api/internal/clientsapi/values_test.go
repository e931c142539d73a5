package clientsapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// lastRow reads the newest audit row: what it is about and the custom values before and after.
func lastRow(t *testing.T, api *resttest.API) (object string, before, after body) {
	t.Helper()
	var had, has []byte
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT object_type || ' ' || action, coalesce(before_value->'custom_fields', '{}'), coalesce(after_value->'custom_fields', '{}')
		FROM audit_log ORDER BY id DESC LIMIT 1`).Scan(&object, &had, &has))
	require.NoError(t, json.Unmarshal(had, &before))
	require.NoError(t, json.Unmarshal(has, &after))
	return object, before, after
}

// TestEditsOfValuesAreCheckedAndAudited: a change of nothing but a custom value leaves one row with the value before and after, for
// clients, sites and agents alike; a value that is none of the field's type is refused beside its key.
func TestEditsOfValuesAreCheckedAndAudited(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	_, err := api.Pool.Exec(t.Context(), twoCustomers+`UPDATE custom_fields SET type = 'number';
		INSERT INTO custom_fields (id, model, name, type) VALUES (104, 'client', 'api_key', 'text');`)
	require.NoError(t, err)
	admin := api.Admin()
	values := func(field int, value string) []body { return []body{{"field": field, "string_value": value}} }
	agent := "/agents/" + strings.Repeat("a", 40) + "/"
	for _, one := range []struct {
		path, object, name string
		field              int
		body               func(values []body) body
	}{
		{"/clients/101/", "client modify", "tier", 101, func(v []body) body { return body{"client": body{"name": "Acme"}, "custom_fields": v} }},
		{"/clients/sites/101/", "site modify", "floor", 102, func(v []body) body { return body{"site": body{"name": "A"}, "custom_fields": v} }},
		{agent, "agent modify", "rack", 103, func(v []body) body { return body{"custom_fields": v} }},
	} {
		admin.Put(one.path, one.body(values(one.field, "1"))).OK(nil)
		object, before, after := lastRow(t, api)
		require.Equal(t, one.object, object)
		require.Empty(t, before)
		require.Equal(t, body{one.name: "1"}, after)
		admin.Put(one.path, one.body(values(one.field, "2"))).OK(nil)
		_, before, after = lastRow(t, api)
		require.Equal(t, body{one.name: "1"}, before)
		require.Equal(t, body{one.name: "2"}, after)
		admin.Put(one.path, one.body(values(one.field, "two"))).Is(http.StatusBadRequest,
			body{"string_value": []string{one.name + ": A valid number is required."}})
	}
	admin.Put("/clients/101/", body{"client": body{}, "custom_fields": values(104, "open-sesame")}).OK(nil)
	_, _, after := lastRow(t, api)
	require.NotContains(t, after["api_key"], "sesame", "a value whose name says that it is a secret is masked")
	admin.Post("/clients/", body{"client": body{"name": "New"}, "site": body{"name": "S"}, "custom_fields": values(101, "9")}).OK(nil)
	var added string
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT after_value->'custom_fields'->>'tier' FROM audit_log WHERE object_type = 'client' AND action = 'add'`).Scan(&added))
	require.Equal(t, "9", added)
}
