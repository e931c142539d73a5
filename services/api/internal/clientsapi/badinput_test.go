package clientsapi_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

func digest(t *testing.T, api *resttest.API) (sum string) {
	t.Helper()
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT concat_ws(' ', (SELECT md5(string_agg(c::text, '' ORDER BY id)) FROM clients c),
		(SELECT md5(string_agg(s::text, '' ORDER BY id)) FROM sites s), (SELECT md5(string_agg(d::text, '' ORDER BY id)) FROM deployments d),
		(SELECT md5(string_agg(a.agent_id || a.site_id, '' ORDER BY id)) FROM agents a), (SELECT count(*) FROM client_custom_fields),
		(SELECT count(*) FROM site_custom_fields), (SELECT count(*) FROM role_clients), (SELECT count(*) FROM role_sites))`).Scan(&sum))
	return sum
}

const twoCustomers = `
INSERT INTO clients (id, name) VALUES (101, 'Acme'), (201, 'Bolt');
INSERT INTO sites (id, client_id, name) VALUES (101, 101, 'A'), (102, 101, 'B'), (201, 201, 'C');
INSERT INTO agents (agent_id, hostname, site_id, plat, goarch) VALUES (repeat('a', 40), 'acme-1', 101, 'linux', 'amd64'), (repeat('b', 40), 'bolt-1', 201, 'linux', 'amd64');
INSERT INTO custom_fields (id, model, name, type) VALUES (101, 'client', 'tier', 'text'), (102, 'site', 'floor', 'text'), (103, 'agent', 'rack', 'text');
INSERT INTO sessions (digest, token_key, user_id) SELECT 'd1', '01234567', id FROM users LIMIT 1;
INSERT INTO deployments (id, site_id, auth_token_id, token_key) VALUES (201, 201, 'd1', 'x');
`

// TestBadInputChangesNothing: each call is refused, none is a 500, and everything is as it was before.
func TestBadInputChangesNothing(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	_, err := api.Pool.Exec(t.Context(), twoCustomers)
	require.NoError(t, err)
	admin := api.Admin()
	limited := api.As(resttest.Role{Permissions: access.Permissions(), Clients: []int32{101}})
	bySite := api.As(resttest.Role{Permissions: access.Permissions(), Sites: []int32{101}})
	huge := strings.Repeat("x", 1<<20)
	client := func(name any) body { return body{"client": body{"name": name}, "site": body{"name": "S"}} }
	before := digest(t, api)
	for name, c := range map[string]struct {
		as           *resttest.Client
		method, path string
		body         any
		status       int
	}{
		"client with a bar":                     {admin, http.MethodPost, "/clients/", client("a|b"), 400},
		"client with a control":                 {admin, http.MethodPost, "/clients/", client("a\u0007b"), 400},
		"client right to left":                  {admin, http.MethodPost, "/clients/", client("Acme\u202e"), 400},
		"client with NUL":                       {admin, http.MethodPost, "/clients/", client("a\x00"), 400},
		"client of 1 MB":                        {admin, http.MethodPost, "/clients/", client(huge), 400},
		"client as a list":                      {admin, http.MethodPost, "/clients/", client([]string{"x"}), 400},
		"client whose site has a bar":           {admin, http.MethodPost, "/clients/", body{"client": body{"name": "New"}, "site": body{"name": "a|b"}}, 400},
		"client with a site's field":            {admin, http.MethodPut, "/clients/101/", body{"client": body{"name": "Acme"}, "custom_fields": []body{{"field": 999, "string_value": "x"}}}, 400},
		"client renamed to another":             {admin, http.MethodPut, "/clients/101/", body{"client": body{"name": "Bolt"}}, 400},
		"client with an unknown policy":         {admin, http.MethodPut, "/clients/101/", body{"client": body{"server_policy": 999999}}, 400},
		"client deleted with agents":            {admin, http.MethodDelete, "/clients/101/", nil, 400},
		"client deleted, agents to nowhere":     {admin, http.MethodDelete, "/clients/101/?move_to_site=999999", nil, 404},
		"client deleted, agents into itself":    {admin, http.MethodDelete, "/clients/101/?move_to_site=102", nil, 400},
		"client deleted, agents to a text":      {admin, http.MethodDelete, "/clients/101/?move_to_site=1;DROP", nil, 400},
		"client that is none":                   {admin, http.MethodDelete, "/clients/999999/", nil, 404},
		"site with a bar":                       {admin, http.MethodPost, "/clients/sites/", body{"site": body{"client": 101, "name": "a|b"}}, 400},
		"site twice":                            {admin, http.MethodPost, "/clients/sites/", body{"site": body{"client": 101, "name": "A"}}, 400},
		"site of an unknown client":             {admin, http.MethodPost, "/clients/sites/", body{"site": body{"client": 999999, "name": "x"}}, 400},
		"site of 1 MB":                          {admin, http.MethodPost, "/clients/sites/", body{"site": body{"client": 101, "name": huge}}, 400},
		"last site of a client":                 {admin, http.MethodDelete, "/clients/sites/201/", nil, 400},
		"site deleted with agents":              {admin, http.MethodDelete, "/clients/sites/101/", nil, 400},
		"another customer's client":             {limited, http.MethodPut, "/clients/201/", body{"client": body{"name": "Mine"}}, 403},
		"another customer's client deleted":     {limited, http.MethodDelete, "/clients/201/?move_to_site=101", nil, 403},
		"agents moved to another customer":      {limited, http.MethodDelete, "/clients/101/?move_to_site=201", nil, 403},
		"site put into another customer":        {limited, http.MethodPost, "/clients/sites/", body{"site": body{"client": 201, "name": "x"}}, 403},
		"site moved to another customer":        {limited, http.MethodPut, "/clients/sites/102/", body{"site": body{"client": 201, "name": "B"}}, 403},
		"another customer's site":               {limited, http.MethodPut, "/clients/sites/201/", body{"site": body{"client": 101, "name": "C"}}, 403},
		"another customer's site deleted":       {limited, http.MethodDelete, "/clients/sites/201/?move_to_site=101", nil, 403},
		"agents moved from a site to a foreign": {limited, http.MethodDelete, "/clients/sites/101/?move_to_site=201", nil, 403},
		"agents moved to a site out of reach":   {bySite, http.MethodDelete, "/clients/sites/101/?move_to_site=102", nil, 403},
		"agent moved to another customer":       {limited, http.MethodPut, "/agents/" + strings.Repeat("a", 40) + "/", body{"site": 201}, 403},
		"deployment for another customer":       {limited, http.MethodPost, "/clients/deployments/", body{"site": 201, "expires": "2099-01-01T00:00:00+0000", "agenttype": "server", "power": 1, "rdp": 0, "ping": 0, "goarch": "amd64"}, 403},
		"another customer's deployment":         {limited, http.MethodDelete, "/clients/deployments/201/", nil, 403},
		"deployment that has ended":             {admin, http.MethodPost, "/clients/deployments/", body{"site": 101, "expires": "never", "agenttype": "server", "power": 1, "rdp": 0, "ping": 0, "goarch": "amd64"}, 400},
		"deployment for an unknown machine":     {admin, http.MethodPost, "/clients/deployments/", body{"site": 101, "expires": "2099-01-01T00:00:00+0000", "agenttype": "server", "power": 1, "rdp": 0, "ping": 0, "goarch": "pdp11"}, 400},
	} {
		reply := c.as.Do(c.method, c.path, c.body)
		assert.Equal(t, c.status, reply.Status, "%s: %.300s", name, reply.Body)
		require.Less(t, len(reply.Body), 4<<10, name)
		require.Equal(t, before, digest(t, api), name)
	}
}

// TestNamesComeBackAsTheyWere: what is only text is kept and given back as text, whatever it would mean elsewhere.
func TestNamesComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	admin := resttest.New(t).Admin()
	for _, name := range []string{`<script>alert(1)</script>`, `=HYPERLINK("http://x")`, `'; DROP TABLE clients; --`, `{{agent.hostname}}`, `Ünïcødé 株式会社 🐝`, strings.Repeat("n", 255)} {
		admin.Post("/clients/", body{"client": body{"name": name}, "site": body{"name": name}}).Is(http.StatusOK, name+" was added")
		var list []body
		admin.Get("/clients/").OK(&list)
		named(t, list, name)
	}
}

// TestBlockedInheritanceIsKept on clients and sites, each by itself.
func TestBlockedInheritanceIsKept(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	_, err := api.Pool.Exec(t.Context(), twoCustomers)
	require.NoError(t, err)
	admin := api.Admin()
	admin.Put("/clients/101/", body{"client": body{"name": "Acme", "block_policy_inheritance": true}}).OK(nil)
	admin.Put("/clients/sites/201/", body{"site": body{"client": 201, "name": "C", "block_policy_inheritance": true}}).OK(nil)
	for path, want := range map[string]bool{"/clients/101/": true, "/clients/201/": false, "/clients/sites/101/": false, "/clients/sites/201/": true} {
		var got body
		admin.Get(path).OK(&got)
		require.Equal(t, want, got["block_policy_inheritance"], fmt.Sprint(path))
	}
}
