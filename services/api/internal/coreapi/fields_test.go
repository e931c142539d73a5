package coreapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// TestEveryCustomFieldType follows each type from its definition with defaults, required and hidden, to a stored value and to
// what a placeholder gets of it.
func TestEveryCustomFieldType(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	fleet(t, api)
	admin := api.Admin()
	fields := []struct {
		kind     string
		define   body
		filled   string // of the default
		store    body
		value    any
		refilled string
	}{
		{"text", body{"default_value_string": "dflt"}, "dflt", body{"string_value": "a|b <i>ü</i>"}, "a|b <i>ü</i>", "a%7Cb%20%3Ci%3E%C3%BC%3C/i%3E"},
		{"number", body{"default_value_string": "7", "required": true}, "7", body{"string_value": "42"}, "42", "42"},
		{"single", body{"options": []string{"a", "b"}, "default_value_string": "a", "hide_in_ui": true}, "a", body{"string_value": "b"}, "b", "b"},
		{"multiple", body{"options": []string{"x", "y"}, "default_values_multiple": []string{"x", "y"}, "hide_in_summary": true}, "['x',%20'y']",
			body{"multiple_value": []string{"y"}}, []any{"y"}, "['y']"},
		{"checkbox", body{"default_value_bool": true}, "True", body{"bool_value": false}, false, "False"},
		{"datetime", body{"required": true, "hide_in_ui": true, "hide_in_summary": true, "order": 3}, "None", body{"string_value": "2026-01-01T00:00"}, "2026-01-01T00:00",
			"2026-01-01T00:00"},
	}
	for _, model := range []string{"client", "site", "agent"} {
		for _, f := range fields {
			define := body{"model": model, "name": "F " + f.kind, "type": f.kind}
			for k, v := range f.define {
				define[k] = v
			}
			admin.Post("/core/customfields/", define).Is(http.StatusOK, "ok")
		}
		var list []body
		admin.Patch("/core/customfields/", body{"model": model}).OK(&list)
		require.Len(t, list, len(fields))
		var fromQuery []body
		admin.Get("/core/customfields/?model=" + model).OK(&fromQuery)
		require.Equal(t, list, fromQuery)
		values := []body{}
		for i, f := range fields {
			for k, v := range f.define {
				require.EqualValues(t, fmt.Sprint(v), fmt.Sprint(list[i][k]), "%s %s", f.kind, k)
			}
			require.Equal(t, f.filled, placeholder(t, admin, model, "F "+f.kind), "%s: the default", f.kind)
			value := body{"field": list[i]["id"]}
			for k, v := range f.store {
				value[k] = v
			}
			values = append(values, value)
		}
		path, payload := "/agents/agent-number-one-of-the-test/", body{"custom_fields": values}
		switch model {
		case "client":
			path, payload = "/clients/1/", body{"client": body{"name": "Acme"}, "custom_fields": values}
		case "site":
			path, payload = "/clients/sites/1/", body{"site": body{"name": "HQ", "client": 1}, "custom_fields": values}
		}
		admin.Put(path, payload).OK(nil)
		var owner struct {
			Fields []struct {
				Field any `json:"field"`
				Value any `json:"value"`
			} `json:"custom_fields"`
		}
		admin.Get(path).OK(&owner)
		require.Len(t, owner.Fields, len(fields), model)
		for i, f := range fields {
			require.Equal(t, f.value, owner.Fields[i].Value, "%s %s", model, f.kind)
			require.Equal(t, f.refilled, placeholder(t, admin, model, "F "+f.kind), "%s %s: the value", model, f.kind)
		}
	}
	// A field that goes takes its values with it.
	var list []body
	admin.Get("/core/customfields/").OK(&list)
	require.Len(t, list, 3*len(fields))
	for _, f := range list {
		api.With(access.ManageCustomFields).Get(fmt.Sprintf("/v1/customfields/%v/usage", f["id"])).Is(http.StatusOK, body{"values": 1})
		require.Equal(t, http.StatusForbidden, api.With(access.ViewCustomFields).Get(fmt.Sprintf("/v1/customfields/%v/usage", f["id"])).Status)
		admin.Delete(fmt.Sprintf("/core/customfields/%v/", f["id"])).Is(http.StatusOK, "ok")
	}
	require.Equal(t, http.StatusNotFound, admin.Get(fmt.Sprintf("/v1/customfields/%v/usage", list[0]["id"])).Status)
	require.Zero(t, count(t, api, `SELECT (SELECT count(*) FROM agent_custom_fields) + (SELECT count(*) FROM client_custom_fields) + (SELECT count(*) FROM site_custom_fields)`))
}

// placeholder asks what a placeholder of the first agent gets, percent-encoded.
func placeholder(t *testing.T, admin *resttest.Client, model, field string) string {
	t.Helper()
	var got struct{ URL string }
	admin.Post("/core/urlaction/run/test/", body{"pattern": "ftp://x/{{" + model + "." + field + "}}", "rest_body": "{}", "rest_headers": "{}",
		"rest_method": "get", "run_instance_type": "agent", "run_instance_id": "agent-number-one-of-the-test"}).OK(&got)
	return got.URL[len("ftp://x/"):]
}

func TestCustomFieldRefusals(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	fleet(t, api)
	admin := api.Admin()
	admin.Post("/core/customfields/", body{"model": "site", "name": "Of sites"}).OK(nil)
	var list []body
	admin.Get("/core/customfields/").OK(&list)
	path, id := fmt.Sprintf("/core/customfields/%v/", list[0]["id"]), list[0]["id"]
	for _, change := range []body{{"options": nil}, {"default_values_multiple": nil}, {"default_value_string": nil}} {
		admin.Put(path, change).Is(http.StatusOK, "ok")
	}
	admin.Get(path).OK(&list[0])
	require.Equal(t, []any{}, list[0]["options"])
	admin.Put(path, body{"id": 77, "created_by": "mallory", "modified_time": "2000-01-01T00:00:00Z"}).Is(http.StatusOK, "ok")
	admin.Get(path).OK(&list[0])
	require.Equal(t, id, list[0]["id"], "read-only fields stay")
	require.NotEqual(t, "mallory", list[0]["created_by"])
	admin.Put("/agents/agent-number-one-of-the-test/", body{"custom_fields": []body{{"field": id, "string_value": "x"}}}).
		Is(http.StatusBadRequest, body{"field": []string{fmt.Sprintf(`Invalid pk "%v" - object does not exist.`, id)}})
	viewer := api.With(access.ViewCustomFields)
	viewer.Patch("/core/customfields/", body{"model": "site"}).OK(nil)
	for _, r := range []*resttest.Reply{viewer.Post("/core/customfields/", body{}), viewer.Put(path, body{}), viewer.Delete(path),
		api.With(access.ManageCustomFields).Get(path), api.With(access.ViewCoreSettings).Patch("/core/customfields/", body{"model": "site"})} {
		r.Forbidden()
	}
	require.Less(t, admin.Patch("/core/customfields/", body{"model": "password FROM users"}).Status, 500)
	admin.Get("/core/customfields/?model=x%27%20OR%201=1").Is(http.StatusOK, []body{})
}
