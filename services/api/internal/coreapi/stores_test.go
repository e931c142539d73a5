package coreapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// fleet makes two clients with a site and an agent each.
func fleet(t *testing.T, api *resttest.API) {
	t.Helper()
	_, err := api.Pool.Exec(t.Context(), `
		INSERT INTO clients (id, name) VALUES (1, 'Acme "Ltd"'), (2, 'Other');
		INSERT INTO sites (id, client_id, name) VALUES (1, 1, 'Head & Tail'), (2, 2, 'There');
		INSERT INTO agents (id, agent_id, hostname, plat, site_id) VALUES (1, 'agent-number-one-of-the-test', 'PC 1', 'windows', 1), (2, 'agent-number-two-of-the-test', 'PC-2', 'linux', 2)`)
	require.NoError(t, err)
}

func TestKeyStoreOperations(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	const path = "/core/keystore/"
	editor := api.With(access.ViewKeyStore, access.EditKeyStore)
	editor.Post(path, body{"name": "license", "value": "AAA-BBB"}).Is(http.StatusOK, "ok")
	editor.Post(path, body{"name": strings.Repeat("x", 26), "value": ""}).Is(http.StatusBadRequest, body{
		"name": []string{"Ensure this field has no more than 25 characters."}, "value": []string{"This field may not be blank."}})
	editor.Post(path, body{"value": "v"}).Is(http.StatusBadRequest, body{"name": []string{"This field is required."}})
	var list []body
	editor.Get(path).OK(&list)
	require.Len(t, list, 1)
	require.Equal(t, "AAA-BBB", list[0]["value"])
	one := fmt.Sprintf("%s%v/", path, list[0]["id"])
	editor.Put(one, body{"value": "CCC"}).Is(http.StatusOK, "ok")
	viewer := api.With(access.ViewKeyStore)
	viewer.Get(path).OK(&list)
	require.Equal(t, "CCC", list[0]["value"])
	for _, r := range []*resttest.Reply{viewer.Post(path, body{}), viewer.Put(one, body{}), viewer.Delete(one), api.With(access.ViewCoreSettings).Get(path)} {
		r.Forbidden()
	}
	require.Zero(t, count(t, api, `SELECT count(*) FROM audit_log WHERE object_type = 'globalkvstore'
		AND (before_value::text || after_value::text) ~ 'AAA-BBB|CCC'`), "the log shows that there is a value, not which")
	require.Equal(t, 2, count(t, api, `SELECT count(*) FROM audit_log WHERE object_type = 'globalkvstore'`))
	editor.Delete(one).Is(http.StatusOK, "ok")
	editor.Delete(one).NotFound("GlobalKVStore")
	editor.Put(one, body{"value": "x"}).NotFound("GlobalKVStore")
}

func TestScheduleOperations(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	const path = "/core/schedules/"
	manager := api.With(access.ViewSchedules, access.ManageSchedules)
	var got body
	manager.Post(path, body{"name": "Nightly", "run_time": "03:05", "schedule_type": "daily", "run_time_weekdays": []int{1}}).OK(&got)
	require.Equal(t, "03:05:00", got["run_time"])
	require.Equal(t, []any{}, got["run_time_weekdays"], "does not matter for its type")
	manager.Post(path, body{"name": "x"}).Is(http.StatusBadRequest, body{"run_time": []string{"This field is required."}})
	manager.Post(path, body{"name": "x", "run_time": "24:00", "monthly_days_of_month": []int{33}, "monthly_months_of_year": []int{0}}).
		Is(http.StatusBadRequest, body{"run_time": []string{"Time has wrong format. Use one of these formats instead: hh:mm[:ss[.uuuuuu]]."},
			"monthly_months_of_year": body{"0": []string{"Ensure this value is greater than or equal to 1."}},
			"monthly_days_of_month":  body{"0": []string{"Ensure this value is less than or equal to 32."}}})
	one := fmt.Sprintf("%s%v/", path, got["id"])
	for _, list := range []string{"run_time_weekdays", "monthly_months_of_year", "monthly_days_of_month", "monthly_weeks_of_month"} {
		require.Less(t, manager.Put(one, body{list: nil}).Status, http.StatusInternalServerError, list)
	}
	manager.Put(one, body{"schedule_type": "monthly", "monthly_type": "weeks", "monthly_weeks_of_month": []int{5}, "run_time_weekdays": []int{6},
		"monthly_months_of_year": []int{12}}).OK(&got)
	require.Equal(t, []any{6.0}, got["run_time_weekdays"])
	viewer := api.With(access.ViewSchedules)
	for _, r := range []*resttest.Reply{viewer.Post(path, body{}), viewer.Put(one, body{}), viewer.Delete(one), api.With(access.ManageSchedules).Get(path)} {
		r.Forbidden()
	}
	manager.Delete(one).Is(http.StatusOK, got["id"])
	manager.Delete(one).NotFound("Schedule")
}

func TestURLActionsOfAScope(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	fleet(t, api)
	admin := api.Admin()
	admin.Post("/core/urlaction/", body{"name": "Open", "pattern": "https://example.com/{{agent.hostname}}/{{client.name}}?s={{site.name}}&n={{global.nosuch}}"}).OK(nil)
	var list []body
	admin.Get("/core/urlaction/").OK(&list)
	action := list[0]["id"]
	const run = "/core/urlaction/run/"
	scoped := api.As(resttest.Role{Permissions: []access.Permission{access.RunURLActions}, Clients: []int32{1}})
	scoped.Patch(run, body{"action": action, "agent_id": "agent-number-one-of-the-test"}).Is(http.StatusOK, `https://example.com/PC%201/Acme%20%22Ltd%22?s=Head%20&%20Tail&n=None`)
	scoped.Patch(run, body{"action": action, "agent_id": "agent-number-two-of-the-test"}).Forbidden()
	scoped.Patch(run, body{"action": action, "site": 2}).Forbidden()
	scoped.Patch(run, body{"action": action, "client": 2}).Forbidden()
	scoped.Patch(run, body{"action": action, "agent_id": "nobody"}).NotFound("Agent")
	scoped.Patch(run, body{"action": action}).Is(http.StatusBadRequest, "received an incorrect request")
	scoped.Patch(run, body{"action": 9999, "client": 1}).NotFound("URLAction")
	scoped.Post("/core/urlaction/", body{}).Forbidden()
	require.Equal(t, 1, count(t, api, `SELECT count(*) FROM audit_log WHERE action = 'url_action' AND agent = 'PC 1' AND message LIKE '% on Agent: PC 1'`))
}

// TestWebHooksStayOutside: the server calls nothing that only the server reaches, by whatever name, also when it is sent there.
func TestWebHooksStayOutside(t *testing.T) {
	t.Parallel()
	var called bool
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(inside.Close)
	port := inside.URL[strings.LastIndex(inside.URL, ":"):]
	away := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inside.URL, http.StatusFound) }))
	t.Cleanup(away.Close)
	api := resttest.New(t, func(_ *app.Infrastructure, o *app.Options) {
		o.WebhooksAllow = []string{strings.TrimPrefix(away.URL, "http://")}
	})
	admin := api.Admin()
	hook := func(address string) body {
		return body{"pattern": address, "rest_body": "{}", "rest_headers": "{}", "rest_method": "get", "run_instance_type": "none", "run_instance_id": nil}
	}
	const notAllowed, path = "the address is not allowed", "/core/urlaction/run/test/"
	for address, want := range map[string]string{
		inside.URL: notAllowed, "http://localhost" + port: notAllowed, "http://[::ffff:127.0.0.1]" + port: notAllowed, "http://0.0.0.0" + port: notAllowed,
		"http://127.1.2.3" + port: notAllowed, "http://169.254.169.254/latest/meta-data": notAllowed, "http://10.0.0.1/": notAllowed,
		"http://192.168.1.1/": notAllowed, "http://[::1]" + port: notAllowed, "http://[fe80::1]/": notAllowed, "http://2130706433" + port: "", "http://0x7f.1" + port: "",
		away.URL: notAllowed, "file:///etc/passwd": "", "gopher://127.0.0.1/": "", "{{global.nosuch}}": "", "http://127.0.0.1:0/": "",
		"http://user:pass@127.0.0.1" + port: notAllowed, "http://127.0.0.1" + port + "#@example.com/": notAllowed,
	} {
		var got struct{ URL, Result string }
		admin.Post(path, hook(address)).OK(&got)
		require.Contains(t, got.Result, want, address)
		require.NotEmpty(t, got.Result, address)
	}
	require.False(t, called)
	bad := hook("https://example.com")
	bad["rest_method"] = "GET"
	admin.Post(path, bad).Is(http.StatusBadRequest, body{"rest_method": []string{`"GET" is not a valid choice.`}})
	scoped := hook(away.URL)
	scoped["run_instance_type"], scoped["run_instance_id"] = "agent", "nobody"
	admin.Post(path, scoped).NotFound("Agent")
	api.With(access.EditCoreSettings).Post(path, hook(away.URL)).Forbidden()

	// Whoever may test hooks but not read the key store does not read it through a hook.
	admin.Post("/core/keystore/", body{"name": "secret", "value": "s3cret"}).OK(nil)
	for who, want := range map[*resttest.Client]string{api.With(access.RunURLActions): "None", api.With(access.RunURLActions, access.ViewKeyStore): "s3cret"} {
		var got struct{ URL string }
		who.Post(path, hook("http://127.0.0.1/{{global.secret}}")).OK(&got)
		require.Equal(t, "http://127.0.0.1/"+want, got.URL)
	}
}
