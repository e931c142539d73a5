package coreapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

const million = 1 << 20

// operation is one that stores what it is sent.
type operation struct {
	method, path string
	send         func(text string) body // the text where a person's name for the row belongs
	free         func(text string) body // the text where anything may be written; nil: nowhere
	read         string                 // lists what is stored
	table        string
}

// writers lists the operations of core that write; rows 1 exist.
func writers() []operation {
	keystore := func(text string) body { return body{"name": text, "value": "v"} }
	action := func(text string) body { return body{"name": text, "pattern": "https://example.com"} }
	schedule := func(text string) body { return body{"name": text, "run_time": "01:00", "schedule_type": "daily"} }
	field := func(text string) body { return body{"model": "agent", "name": text} }
	return []operation{
		{http.MethodPost, "/core/keystore/", keystore, func(x string) body { return body{"name": "n", "value": x} }, "/core/keystore/", "global_keystore"},
		{http.MethodPut, "/core/keystore/1/", keystore, func(x string) body { return body{"value": x} }, "/core/keystore/", "global_keystore"},
		{http.MethodPost, "/core/urlaction/", action, func(x string) body { return body{"name": "n", "pattern": "p", "desc": x} }, "/core/urlaction/", "url_actions"},
		{http.MethodPut, "/core/urlaction/1/", action, func(x string) body { return body{"rest_body": x} }, "/core/urlaction/", "url_actions"},
		{http.MethodPost, "/core/schedules/", schedule, nil, "/core/schedules/", "schedules"},
		{http.MethodPut, "/core/schedules/1/", schedule, nil, "/core/schedules/", "schedules"},
		{http.MethodPost, "/core/customfields/", field, func(x string) body { return body{"model": "agent", "name": "n", "default_value_string": x} }, "/core/customfields/", "custom_fields"},
		{http.MethodPut, "/core/customfields/1/", field, func(x string) body { return body{"default_value_string": x} }, "/core/customfields/", "custom_fields"},
		{http.MethodPut, "/core/settings/", func(x string) body { return body{"mesh_company_name": x} }, func(x string) body { return body{"mesh_token": x} }, "/core/settings/", "core_settings"},
	}
}

func rows(t *testing.T, api *resttest.API) {
	t.Helper()
	admin := api.Admin()
	for _, w := range writers() {
		if w.method == http.MethodPost {
			admin.Post(w.path, w.send("first")).OK(nil)
		}
	}
}

// state is everything that the operations store, without the stamps.
func state(t *testing.T, api *resttest.API) (all string) {
	t.Helper()
	for _, table := range []string{"global_keystore", "url_actions", "schedules", "custom_fields", "core_settings"} {
		var rows string
		require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT coalesce(jsonb_agg(to_jsonb(t) - 'modified_by' - 'modified_time' ORDER BY id), '[]')::text FROM `+table+` t`).Scan(&rows))
		all += rows + "\n"
	}
	return all
}

// TestNamesThatMislead are refused, and nothing is changed or in the audit log.
func TestNamesThatMislead(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	rows(t, api)
	before, audited := state(t, api), count(t, api, `SELECT count(*) FROM audit_log`)
	for _, w := range writers() {
		for what, text := range map[string]string{
			"null": "a\x00b", "bell": "a\x07b", "line break": "a\nb", "escape": "\x1b[31mred", "delete": "a\x7fb", "C1": "a\u0085b",
			"right-to-left override": "invoice\u202Efdp.exe", "isolate": "a\u2066b\u2069", "right-to-left mark": "a\u200Fb", "too long": strings.Repeat("x", million),
		} {
			r := api.Admin().Do(w.method, w.path, w.send(text))
			require.Equal(t, http.StatusBadRequest, r.Status, "%s %s %s: %.300s", w.method, w.path, what, r.Body)
			require.Less(t, len(r.Body), 2000, "an answer does not repeat what it refuses")
		}
		if w.free != nil && w.path != "/core/settings/" {
			for what, text := range map[string]string{"too long": strings.Repeat("ü", 300_000), "null": "a\x00b"} {
				r := api.Admin().Do(w.method, w.path, w.free(text))
				require.Equal(t, http.StatusBadRequest, r.Status, "%s %s %s: %.300s", w.method, w.path, what, r.Body)
			}
		}
		tooBig := api.Admin().Do(w.method, w.path, w.send(strings.Repeat("x", 3*million)))
		require.Equal(t, http.StatusRequestEntityTooLarge, tooBig.Status, w.path)
	}
	require.Equal(t, before, state(t, api))
	require.Equal(t, audited, count(t, api, `SELECT count(*) FROM audit_log`))
}

// TestNamesThatOtherProgramsMisread are stored and given back as they are, and stay harmless as JSON: whoever shows them
// escapes for its own form.
func TestNamesThatOtherProgramsMisread(t *testing.T) {
	t.Parallel()
	for what, text := range map[string]string{
		"bar": "a|b|", "markup": `<img src=x onerror=1>`, "formula": "=cmd|'/C x'!A1", "formula 2": "@SUM(1)+1", "sql": `'; DROP TABLE u`,
		"template": "{{global.x}} ${x} %s", "quotes": `"'\`, "letters": "שלום ü 漢字 🙂",
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			api := resttest.New(t)
			for _, w := range writers() {
				api.Admin().Do(w.method, w.path, w.send(text)).OK(nil)
				r := api.Admin().Get(w.read)
				r.OK(nil)
				require.Equal(t, "application/json", r.Header.Get("Content-Type"))
				require.Equal(t, "nosniff", r.Header.Get("X-Content-Type-Options"))
				quoted, err := json.Marshal(text)
				require.NoError(t, err)
				var want, got any
				require.NoError(t, json.Unmarshal(quoted, &want))
				require.NoError(t, json.Unmarshal([]byte(r.Body), &got))
				require.Contains(t, fmt.Sprint(got), want, w.path)
				if w.method == http.MethodPost {
					_, err = api.Pool.Exec(t.Context(), `UPDATE `+w.table+` SET name = 'again'`)
					require.NoError(t, err)
				}
			}
		})
	}
}

// TestBodiesThatAreNoObjects: whatever is sent, the answer is a refusal and nothing is changed.
func TestBodiesThatAreNoObjects(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	rows(t, api)
	before := state(t, api)
	paths := writers()
	for _, path := range []string{"/core/servermaintenance/", "/core/serverscript/test/", "/core/urlaction/run/test/"} {
		paths = append(paths, operation{method: http.MethodPost, path: path})
	}
	paths = append(paths, operation{method: http.MethodPatch, path: "/core/urlaction/run/"}, operation{method: http.MethodPatch, path: "/core/codesign/"},
		operation{method: http.MethodPatch, path: "/core/customfields/"})
	for _, w := range paths {
		for _, raw := range []string{
			`{`, `[]`, `"x"`, `7`, `null`, `{"name":{"a":1}}`, `{"name":["a"]}`,
			strings.Repeat(`{"name":`, 20_000) + "1" + strings.Repeat("}", 20_000), `{"name":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
			`{"name":"a","name":{"b":1}}`,
		} {
			r := api.Admin().Do(w.method, w.path, raw)
			if strings.Contains(raw, "name") && (w.send == nil || w.table == "core_settings") {
				require.Less(t, r.Status, http.StatusInternalServerError, "%s %s %.40q: a key that is not known counts as none", w.method, w.path, raw)
				continue
			}
			require.Equal(t, http.StatusBadRequest, r.Status, "%s %s %.40q: %.300s", w.method, w.path, raw, r.Body)
		}
	}
	require.Equal(t, before, state(t, api))
	// Bytes that are no text are stored as what can be shown instead of them.
	for _, raw := range []string{"{\"name\":\"b\xffd\"}", `{"name":"b\ud800d"}`} {
		api.Admin().Post("/core/keystore/", raw).OK(nil)
	}
	require.Equal(t, 2, count(t, api, `SELECT count(*) FROM global_keystore WHERE name = $1`, "b\uFFFDd"))
	for _, path := range []string{"/core/keystore/0/", "/core/keystore/-1/", "/core/keystore/99999999999999/", "/core/keystore/1;x/", "/core/keystore/%2e%2e/"} {
		require.Equal(t, http.StatusNotFound, api.Admin().Delete(path).Status, path)
	}
}

// TestListsAreNotSteeredByAQuery: nothing can be sorted or filtered by, least of all a secret column, so that no answer
// depends on what a secret is.
func TestListsAreNotSteeredByAQuery(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	for _, name := range []string{"b", "a", "c"} {
		admin.Post("/core/keystore/", body{"name": name, "value": "v" + name}).OK(nil)
		admin.Post("/core/urlaction/", body{"name": name, "pattern": "https://example.com", "rest_headers": `{"k":"` + name + `"}`}).OK(nil)
	}
	for _, path := range []string{"/core/keystore/", "/core/urlaction/", "/core/settings/", "/core/customfields/", "/core/schedules/"} {
		want := admin.Get(path).Body
		for _, query := range []string{"ordering=value", "sort=-value", "value=va", "value__startswith=v", "rest_headers__contains=a", "smtp_host_password=x", "order_by=created_by", "limit=1"} {
			require.Equal(t, want, admin.Get(path+"?"+query).Body, "%s?%s", path, query)
		}
	}
}
