package clientsapi_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

type body = map[string]any

func named(t *testing.T, list []body, name string) body {
	t.Helper()
	for _, item := range list {
		if item["name"] == name {
			return item
		}
	}
	require.Failf(t, "not in the list", "%s", name)
	return nil
}

func id(item body) int { return int(item["id"].(float64)) }

func TestClientsRoundTrip(t *testing.T) {
	t.Parallel()
	admin := resttest.New(t).Admin()
	admin.Post("/core/customfields/", body{"model": "client", "name": "Tier", "type": "text"}).Is(http.StatusOK, "ok")
	var fields []body
	admin.Get("/core/customfields/?model=client").OK(&fields)
	tier := fields[0]["id"]

	admin.Post("/clients/", body{"client": body{"name": " Acme "}, "site": body{"name": "HQ"},
		"custom_fields": []body{{"field": tier, "string_value": "gold"}}}).Is(http.StatusOK, "Acme was added")
	admin.Post("/clients/", body{"client": body{"name": "Acme"}, "site": body{"name": "HQ"}}).
		Is(http.StatusBadRequest, body{"name": []string{"client with this name already exists."}})
	admin.Post("/clients/", body{"client": body{}, "site": body{"name": "x"}}).
		Is(http.StatusBadRequest, body{"name": []string{"This field is required."}})
	admin.Post("/clients/", body{"client": body{"name": "Half"}, "site": body{"name": "a|b"}}).
		Is(http.StatusBadRequest, body{"non_field_errors": []string{"Site name cannot contain the | character"}})
	admin.Post("/clients/", body{"client": body{"name": "Half"}, "site": body{"name": "S"}, "custom_fields": []body{{"field": 9999}}}).
		Is(http.StatusBadRequest, body{"custom_fields": []body{{"field": []string{`Invalid pk "9999" - object does not exist.`}}}})

	var list []body
	admin.Get("/clients/").OK(&list)
	require.Len(t, list, 1, "what was refused left nothing behind")
	require.Equal(t, float64(0), list[0]["agent_count"])
	acme := id(list[0])
	var one body
	admin.Get(fmt.Sprintf("/clients/%d/", acme)).OK(&one)
	require.NotContains(t, one, "agent_count", "one client shows no totals of its own")
	require.Equal(t, "gold", one["custom_fields"].([]any)[0].(map[string]any)["value"])

	admin.Put(fmt.Sprintf("/clients/%d/", acme), body{"client": body{"server_policy": 999999, "block_policy_inheritance": "zz"}}).
		Is(http.StatusBadRequest, body{"server_policy": []string{`Invalid pk "999999" - object does not exist.`},
			"block_policy_inheritance": []string{"Must be a valid boolean."}})
	admin.Put(fmt.Sprintf("/clients/%d/", acme), body{"client": body{"name": "Acme Inc", "id": 7, "unknown": true}}).
		Is(http.StatusOK, "{client} was updated")
	admin.Put("/clients/9999/", body{"client": body{"name": "x"}}).NotFound("Client")
	admin.Delete(fmt.Sprintf("/clients/%d/", acme)).Is(http.StatusOK, "Acme Inc was deleted")
}

func TestSites(t *testing.T) {
	t.Parallel()
	admin := resttest.New(t).Admin()
	admin.Post("/clients/", body{"client": body{"name": "Acme"}, "site": body{"name": "HQ"}}).Is(http.StatusOK, "Acme was added")
	var clients, sites []body
	admin.Get("/clients/").OK(&clients)
	acme := id(clients[0])

	admin.Post("/clients/sites/", body{"site": body{"client": acme, "name": "Branch"}}).Is(http.StatusOK, "Site Branch was added!")
	admin.Post("/clients/sites/", body{"site": body{"client": acme, "name": "Branch"}}).
		Is(http.StatusBadRequest, body{"non_field_errors": []string{"The fields client, name must make a unique set."}})
	admin.Post("/clients/sites/", body{"site": body{"client": 999999, "name": "X"}}).
		Is(http.StatusBadRequest, body{"client": []string{`Invalid pk "999999" - object does not exist.`}})
	admin.Get("/clients/sites/").OK(&sites)
	require.Len(t, sites, 2)
	require.NotContains(t, sites[0], "agent_count")
	branch := id(named(t, sites, "Branch"))
	admin.Put(fmt.Sprintf("/clients/sites/%d/", branch), body{"site": body{"name": "HQ"}}).
		Is(http.StatusBadRequest, body{"non_field_errors": []string{"The fields client, name must make a unique set."}})
	admin.Delete(fmt.Sprintf("/clients/sites/%d/", branch)).Is(http.StatusOK, "Branch was deleted")
	admin.Delete(fmt.Sprintf("/clients/sites/%d/", id(named(t, sites, "HQ")))).Is(http.StatusBadRequest, "A client must have at least 1 site.")
}

func TestScopeAndPermissions(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	for _, name := range []string{"One", "Two"} {
		admin.Post("/clients/", body{"client": body{"name": name}, "site": body{"name": "Main"}}).Is(http.StatusOK, name+" was added")
	}
	var clients []body
	admin.Get("/clients/").OK(&clients)
	one, two := named(t, clients, "One"), named(t, clients, "Two")

	limited := api.As(resttest.Role{
		Permissions: []access.Permission{access.ListClients, access.ListSites, access.ManageClients}, Clients: []int32{int32(id(one))},
	})
	var seen []body
	limited.Get("/clients/").OK(&seen)
	require.Len(t, seen, 1)
	limited.Get(fmt.Sprintf("/clients/%d/", id(two))).Forbidden()
	limited.Get("/clients/9999/").NotFound("Client")
	limited.Post("/clients/", body{"client": body{"name": "Mine"}, "site": body{"name": "S"}}).Is(http.StatusOK, "Mine was added")
	limited.Get("/clients/").OK(&seen)
	require.Len(t, seen, 2, "a restricted role sees the client that it added")

	api.With(access.ListClients).Post("/clients/", body{}).Forbidden()
	api.WithoutRole().Get("/clients/").Forbidden()
	api.Anonymous().Get("/clients/").Detail(http.StatusUnauthorized, "Authentication credentials were not provided.")
}

func TestDeployments(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	admin.Post("/clients/", body{"client": body{"name": "Acme"}, "site": body{"name": "HQ"}}).Is(http.StatusOK, "Acme was added")
	var sites, list []body
	admin.Get("/clients/sites/").OK(&sites)
	deployment := func(change body) body {
		b := body{"site": id(sites[0]), "expires": "2099-01-01T00:00:00+0000", "agenttype": "server", "power": 1, "rdp": false, "ping": 0, "goarch": "amd64"}
		for k, v := range change {
			b[k] = v
		}
		return b
	}
	admin.Post("/clients/deployments/", deployment(nil)).Is(http.StatusOK, "The deployment was added successfully")
	admin.Post("/clients/deployments/", deployment(body{"expires": "tomorrow"})).Is(http.StatusBadRequest, "expire date is invalid")
	admin.Post("/clients/deployments/", deployment(body{"site": 999999})).NotFound("Site")
	admin.Get("/clients/deployments/").OK(&list)
	require.Len(t, list, 1)
	require.Equal(t, map[string]any{"power": 1.0, "rdp": false, "ping": 0.0}, list[0]["install_flags"], "switches come back as they were sent")

	guest := api.Anonymous()
	var token string
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT token_key FROM deployments`).Scan(&token))
	for _, path := range []string{"/logout/", "/logoutall/"} {
		api.WithToken(token).Post(path, nil).Forbidden() // whoever holds a link must not end it, nor all of them
	}
	admin.Get("/clients/deployments/").OK(&list)
	require.Len(t, list, 1)
	guest.Get("/clients/notauuid/deploy/").Is(http.StatusBadRequest, "invalid")
	guest.Get("/clients/5d5f2a58-0000-4000-8000-000000000000/deploy/").NotFound("Deployment")
	admin.Delete(fmt.Sprintf("/clients/deployments/%d/", id(list[0]))).Is(http.StatusOK, "The deployment was deleted")
	admin.Delete(fmt.Sprintf("/clients/deployments/%d/", id(list[0]))).NotFound("Deployment")
}

// TestTheTokensOfASiteEndWithIt: what a link or an enrolment has handed out enrols at its site and, once that is gone, nowhere.
func TestTheTokensOfASiteEndWithIt(t *testing.T) {
	t.Parallel()
	for _, table := range []string{"sites", "clients"} {
		t.Run(table, func(t *testing.T) {
			t.Parallel()
			api := resttest.New(t)
			_, err := api.Pool.Exec(t.Context(), `INSERT INTO clients (id, name) VALUES (101, 'Acme'), (102, 'Bolt');
				INSERT INTO sites (id, client_id, name) VALUES (101, 101, 'HQ'), (102, 102, 'Yard'), (103, 102, 'Dock')`)
			require.NoError(t, err)
			admin := api.Admin()
			admin.Post("/clients/deployments/", body{
				"site": 102, "expires": "2099-01-01T00:00:00+0000", "agenttype": "server", "power": 0, "rdp": 0, "ping": 0, "goarch": "amd64",
			}).OK(nil)
			var link string
			require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT token_key FROM deployments`).Scan(&link))
			enrolment := admin.Post("/v1/enrolments", body{"site": 102, "monitoring_type": "server", "plat": "darwin", "goarch": "arm64"})
			tokens := []string{link, regexp.MustCompile(`[0-9a-f]{64}`).FindString(enrolment.Body)}
			enrolElsewhere := func() (statuses []int) {
				for _, token := range tokens {
					statuses = append(statuses, api.WithToken(token).Post("/api/v3/newagent/", body{
						"agent_id": strings.Repeat("m", 40), "hostname": "PC", "site": 101, "monitoring_type": "server", "mesh_node_id": "",
						"description": "", "goarch": "amd64", "plat": "linux",
					}).Status)
				}
				return statuses
			}
			require.Equal(t, []int{http.StatusForbidden, http.StatusForbidden}, enrolElsewhere())
			admin.Delete(map[string]string{"sites": "/clients/sites/102/", "clients": "/clients/102/"}[table]).OK(nil)
			require.Equal(t, []int{http.StatusUnauthorized, http.StatusUnauthorized}, enrolElsewhere())
			var links []body
			admin.Get("/clients/deployments/").OK(&links)
			require.Empty(t, links)
		})
	}
}
