package betaapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

type body = map[string]any

func idOf(i int) string { return fmt.Sprintf("Agent%dAgentAgentAgentAgentAgentAgentAgent", i) }

// fixture is an api with two clients of one site each, and six agents in turn.
func fixture(t *testing.T) *resttest.API {
	t.Helper()
	api := resttest.New(t)
	exec(t, api, `
		INSERT INTO clients (id, name) VALUES (1, 'One'), (2, 'Two');
		INSERT INTO sites (id, client_id, name) VALUES (1, 1, 'Alpha'), (2, 2, 'Beta 50%'), (3, 2, 'Gamma')`)
	for i := range 6 {
		exec(t, api, `INSERT INTO agents (id, agent_id, hostname, site_id, plat, monitoring_type, total_ram, mesh_node_id, needs_reboot) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
			i+1, idOf(i), fmt.Sprintf("HOST-%d", i), 1+i%2, []string{"windows", "linux", "darwin"}[i%3], []string{"server", "workstation"}[i%2], 4*i, "deadbeff", i == 0)
	}
	exec(t, api, `UPDATE agent_inventory SET services = '[{"name": "Spooler"}]' WHERE agent_id = 3; UPDATE agent_presence SET last_seen = ('2026-01-0' || agent_id || 'T00:00:00Z')::timestamptz, version = '2.9.0';
		INSERT INTO pending_actions (agent_id, action_type) VALUES (1, 'agentupdate')`)
	return api
}

func exec(t *testing.T, api *resttest.API, sql string, args ...any) {
	t.Helper()
	_, err := api.Pool.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

type page struct {
	Count    int     `json:"count"`
	Next     *string `json:"next"`
	Previous *string `json:"previous"`
	Results  []body  `json:"results"`
}

func list(t *testing.T, c *resttest.Client, path string) page {
	t.Helper()
	var p page
	c.Get(path).OK(&p)
	return p
}

func names(p page, key string) (out []string) {
	out = []string{}
	for _, r := range p.Results {
		out = append(out, r[key].(string))
	}
	return out
}

func TestOffUnlessAsked(t *testing.T) {
	t.Parallel()
	api := resttest.New(t, func(_ *app.Infrastructure, o *app.Options) { o.Beta = false })
	require.Equal(t, http.StatusNotFound, api.Admin().Get("/beta/v1/").Status)
	require.Equal(t, http.StatusNotFound, api.Admin().Get("/beta/v1/agent/").Status)
}

func TestRootAndMethods(t *testing.T) {
	t.Parallel()
	api := fixture(t)
	want := body{
		"agent": "https://api.example.com/beta/v1/agent/", "client": "https://api.example.com/beta/v1/client/", "site": "https://api.example.com/beta/v1/site/",
	}
	api.WithoutRole().Get("/beta/v1/").Is(http.StatusOK, want)
	api.Admin().Get("/beta/v1.json").Is(http.StatusOK, want)
	api.Admin().Get("/beta/v1/client.json").OK(nil)
	api.Admin().Get("/beta/v1/agent/1.json").OK(nil)
	require.Equal(t, 6, list(t, api.Admin(), "/beta/v1/agent.json?page_size=2").Count)
	api.Admin().Post("/beta/v1/client/", body{"name": "x"}).Detail(http.StatusMethodNotAllowed, `Method "POST" not allowed.`)
	for _, method := range []string{http.MethodPatch, http.MethodDelete, http.MethodHead} {
		require.Equal(t, http.StatusMethodNotAllowed, api.Admin().Do(method, "/beta/v1/agent/1/", nil).Status, method)
	}
	require.Equal(t, http.StatusMethodNotAllowed, api.Admin().Put("/beta/v1/agent/", body{}).Status)
}

func TestAgentPages(t *testing.T) {
	t.Parallel()
	admin := fixture(t).Admin()
	all := list(t, admin, "/beta/v1/agent/")
	require.Equal(t, 6, all.Count)
	require.Nil(t, all.Next)
	require.Nil(t, all.Previous)
	second := list(t, admin, "/beta/v1/agent/?page_size=2&page=2&ordering=-id")
	require.Equal(t, []string{"HOST-3", "HOST-2"}, names(second, "hostname"))
	require.Equal(t, "https://api.example.com/beta/v1/agent/?ordering=-id&page=3&page_size=2", *second.Next)
	require.Equal(t, "https://api.example.com/beta/v1/agent/?ordering=-id&page_size=2", *second.Previous)
	require.Equal(t, []string{"HOST-4", "HOST-5"}, names(list(t, admin, "/beta/v1/agent/?page_size=4&page=last"), "hostname"))
	require.Len(t, list(t, admin, "/beta/v1/agent/?page_size=none").Results, 6)
	for _, bad := range []string{"99", "0", "-1", "x", "99999999999999999999"} {
		admin.Get("/beta/v1/agent/?page="+bad).Detail(http.StatusNotFound, "Invalid page.")
	}
}

func TestAgentFilters(t *testing.T) {
	t.Parallel()
	admin := fixture(t).Admin()
	for query, want := range map[string][]string{
		"plat=linux":                          {"HOST-1", "HOST-4"},
		"monitoring_type=server&plat=windows": {"HOST-0"},
		"search=host-3":                       {"HOST-3"},
		"search=spool":                        {"HOST-2"},
		"search=%25":                          {},
		"hostname=HOST-5":                     {"HOST-5"},
		"agent_id=" + idOf(4):                 {"HOST-4"},
		"id=2":                                {"HOST-1"},
		"client_id=2":                         {"HOST-1", "HOST-3", "HOST-5"},
		"site=1":                              {"HOST-0", "HOST-2", "HOST-4"},
		"needs_reboot=true":                   {"HOST-0"},
		"needs_reboot=maybe&id=2":             {"HOST-1"},
		"total_ram_range_min=4&total_ram_range_max=8": {"HOST-1", "HOST-2"},
		"total_ram_range_min=15.5":                    {"HOST-4", "HOST-5"},
		"last_seen_range_after=2026-01-05":            {"HOST-4", "HOST-5"},
		"last_seen_range_after=2026-01-02T00:00:00%2B00:00&last_seen_range_before=2026-01-03%2000:00": {"HOST-1", "HOST-2"},
		"patches_last_installed_range_after=2026-01-01T00:00:00Z":                                     {},
		"unknown=1&ordering=hostname&id=1":                                                            {"HOST-0"},
	} {
		require.Equal(t, want, names(list(t, admin, "/beta/v1/agent/?"+query), "hostname"), query)
	}
	for query, want := range map[string]body{
		"plat=toaster":               {"plat": []string{"Select a valid choice. toaster is not one of the available choices."}},
		"site=999":                   {"site": []string{"Select a valid choice. That choice is not one of the available choices."}},
		"policy=x":                   {"policy": []string{"Select a valid choice. That choice is not one of the available choices."}},
		"last_seen_range_after=soon": {"last_seen_range": []string{"Enter a valid date/time."}},
		"total_ram_range_max=much":   {"total_ram_range": []string{"Enter a number."}},
		"id=one":                     {"id": []string{"Enter a number."}},
		"plat=a&monitoring_type=b":   {"plat": []string{"Select a valid choice. a is not one of the available choices."}, "monitoring_type": []string{"Select a valid choice. b is not one of the available choices."}},
	} {
		admin.Get("/beta/v1/agent/?"+query).Is(http.StatusBadRequest, want)
	}
}

func TestEverythingStaysInScope(t *testing.T) {
	t.Parallel()
	api := fixture(t)
	every := []access.Permission{
		access.ListAgents, access.EditAgent, access.ListClients, access.ManageClients, access.ListSites, access.ManageSites,
	}
	limited := api.As(resttest.Role{Permissions: every, Clients: []int32{1}})
	require.Equal(t, []string{"HOST-0", "HOST-2", "HOST-4"}, names(list(t, limited, "/beta/v1/agent/"), "hostname"))
	require.Empty(t, list(t, limited, "/beta/v1/agent/?id=2").Results)
	limited.Get("/beta/v1/agent/1/").OK(nil)
	limited.Get("/beta/v1/agent/2/").Forbidden()
	limited.Get("/beta/v1/agent/999/").NotFound("Agent")
	// The agent in the query does not lend its scope to the one in the path.
	change := body{"hostname": "HOST-1", "agent_id": idOf(1), "site": 2, "description": "taken"}
	limited.Put("/beta/v1/agent/2/?agent_id="+idOf(0), change).Forbidden()
	limited.Put("/beta/v1/agent/1/", body{"hostname": "HOST-0", "agent_id": idOf(0), "site": 2}).Forbidden()

	var clients []body
	limited.Get("/beta/v1/client/").OK(&clients)
	require.Len(t, clients, 1)
	limited.Get("/beta/v1/client/2/").Forbidden()
	limited.Put("/beta/v1/client/2/", body{"name": "Mine"}).Forbidden()
	require.Equal(t, []string{"Alpha"}, names(list(t, limited, "/beta/v1/site/"), "name"))
	limited.Get("/beta/v1/site/2/").Forbidden()
	limited.Put("/beta/v1/site/1/", body{"name": "Alpha", "client": 2}).Forbidden()
	bySite := api.As(resttest.Role{Permissions: every, Sites: []int32{2}})
	require.Equal(t, []string{"HOST-1", "HOST-3", "HOST-5"}, names(list(t, bySite, "/beta/v1/agent/"), "hostname"))
	require.Equal(t, []string{"Beta 50%"}, names(list(t, bySite, "/beta/v1/site/"), "name"))
	api.With(access.ListClients).Get("/beta/v1/agent/").Forbidden()
}

func TestAgentIsReadAndChanged(t *testing.T) {
	t.Parallel()
	api := fixture(t)
	admin := api.Admin()
	var one body
	admin.Get("/beta/v1/agent/1/").OK(&one)
	require.NotContains(t, one, "id")
	require.Equal(t, 1.0, one["pending_actions_count"])
	require.Equal(t, "3q2@$w==", one["hex_mesh_node_id"])
	exec(t, api, `UPDATE agents SET mesh_node_id = 'zz' WHERE id = 1`)
	admin.Put("/beta/v1/agent/1/", body{
		"hostname": "RENAMED", "agent_id": idOf(0), "site": 3, "description": "via beta", "plat": "linux", "version": "9.9.9", "time_zone": "",
	}).OK(&one)
	require.Equal(t, "via beta", one["description"])
	require.Equal(t, 3.0, one["site"])
	require.Equal(t, "HOST-0", one["hostname"], "what the agent reports is not changed here")
	require.Equal(t, "windows", one["plat"])
	require.Equal(t, "error", one["hex_mesh_node_id"])
	admin.Put("/beta/v1/agent/1/", body{"description": "x"}).Is(http.StatusBadRequest, body{
		"hostname": []string{"This field is required."}, "agent_id": []string{"This field is required."}, "site": []string{"This field is required."},
	})
	admin.Put("/beta/v1/agent/1/", body{"hostname": "h", "agent_id": idOf(3), "site": 1}).
		Is(http.StatusBadRequest, body{"agent_id": []string{"This is not the identifier of the agent."}})
	var audited int
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE object_type = 'agent' AND action = 'modify'`).Scan(&audited))
	require.Equal(t, 1, audited)
}

func TestPlacesAreReadAndChanged(t *testing.T) {
	t.Parallel()
	admin := fixture(t).Admin()
	var one body
	admin.Put("/beta/v1/client/2/", body{"name": "Zwei", "block_policy_inheritance": true}).OK(&one)
	require.Equal(t, "Zwei", one["name"])
	require.Equal(t, true, one["block_policy_inheritance"])
	admin.Put("/beta/v1/client/2/", body{}).Is(http.StatusBadRequest, body{"name": []string{"This field is required."}})
	for _, bad := range []string{"a|b", "a\u0007b", "Zwei\u202e", "Zw\u200bei", "a\x00", strings.Repeat("x", 1<<20)} {
		require.Equal(t, http.StatusBadRequest, admin.Put("/beta/v1/client/2/", body{"name": bad}).Status, "%.10q", bad)
		require.Equal(t, http.StatusBadRequest, admin.Put("/beta/v1/site/3/", body{"name": bad, "client": 1}).Status, "%.10q", bad)
	}
	admin.Get("/beta/v1/client/9/").NotFound("Client")
	admin.Put("/beta/v1/site/3/", body{"name": "Gamma 2", "client": 1}).OK(&one)
	require.Equal(t, 1.0, one["client"])
	require.NotContains(t, one, "client_name")
	admin.Put("/beta/v1/site/3/", body{"name": "x"}).Is(http.StatusBadRequest, body{"client": []string{"This field is required."}})
	require.Equal(t, []string{"Beta 50%"}, names(list(t, admin, "/beta/v1/site/?search=50%25"), "name"))
	require.Equal(t, []string{"Gamma 2", "Beta 50%", "Alpha"}, names(list(t, admin, "/beta/v1/site/?ordering=-id"), "name"))
	require.Len(t, list(t, admin, "/beta/v1/site/?page=last&page_size=2").Results, 1)
	admin.Get("/beta/v1/site/?page=9").Detail(http.StatusNotFound, "Invalid page.")
}
