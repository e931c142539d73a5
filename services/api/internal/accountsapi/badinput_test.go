package accountsapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// digest is the state of everything that accounts owns, but for when somebody was last seen.
func digest(t *testing.T, api *resttest.API) (sum string) {
	t.Helper()
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT concat_ws(' ', (SELECT md5(string_agg(u::text, '' ORDER BY id)) FROM users u),
		(SELECT md5(string_agg(r::text, '' ORDER BY id)) FROM roles r), (SELECT md5(string_agg(k::text, '' ORDER BY id)) FROM api_keys k),
		(SELECT count(*) FROM role_clients), (SELECT count(*) FROM role_sites), (SELECT count(*) FROM sessions))`).Scan(&sum))
	return sum
}

// TestBadInputChangesNothing sends what people, broken scripts and attackers send. Every call is refused with a reason, none
// is a 500, and everything is as it was before.
func TestBadInputChangesNothing(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	admin.Post("/accounts/roles/", body{"name": "R"}).OK(nil)
	_, err := api.Pool.Exec(t.Context(), `INSERT INTO clients (id, name) VALUES (1, 'c'); INSERT INTO sites (id, client_id, name) VALUES (1, 1, 's')`)
	require.NoError(t, err)
	user := fmt.Sprintf("/accounts/%d/users/", api.WithoutRole().UserID)
	var installer int32
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT id FROM users WHERE is_installer_user`).Scan(&installer))
	huge := strings.Repeat("x", 1<<20)
	newUser := func(change body) body {
		b := body{"username": "new", "email": "", "password": "password-1"}
		for k, v := range change {
			b[k] = v
		}
		return b
	}
	cases := map[string]struct {
		method, path string
		body         any
	}{
		"user name with a bar":           {http.MethodPost, "/accounts/users/", newUser(body{"username": "a|b"})},
		"user name with HTML":            {http.MethodPost, "/accounts/users/", newUser(body{"username": "<b>x</b>"})},
		"user name right to left":        {http.MethodPost, "/accounts/users/", newUser(body{"username": "admin\u202e"})},
		"user name invisible":            {http.MethodPost, "/accounts/users/", newUser(body{"username": "ad\u200bmin"})},
		"user name with a newline":       {http.MethodPost, "/accounts/users/", newUser(body{"username": "a\nb"})},
		"user name with NUL":             {http.MethodPost, "/accounts/users/", newUser(body{"username": "a\x00b"})},
		"user name empty":                {http.MethodPost, "/accounts/users/", newUser(body{"username": ""})},
		"user name of 1 MB":              {http.MethodPost, "/accounts/users/", newUser(body{"username": huge})},
		"password of one letter":         {http.MethodPost, "/accounts/users/", newUser(body{"password": "x"})},
		"password like the name":         {http.MethodPost, "/accounts/users/", newUser(body{"username": "new.person", "password": "New.Person"})},
		"password that all know":         {http.MethodPost, "/accounts/users/", newUser(body{"password": "Qwerty123"})},
		"password of digits":             {http.MethodPost, "/accounts/users/", newUser(body{"password": "20261126"})},
		"password like the surname":      {http.MethodPost, "/accounts/users/", newUser(body{"last_name": "Featherstone", "password": "featherstone1"})},
		"own password of one letter":     {http.MethodPut, "/accounts/resetpw/", body{"password": "x"}},
		"password of 1 MB":               {http.MethodPost, "/accounts/users/", newUser(body{"password": huge})},
		"e-mail of 1 MB":                 {http.MethodPost, "/accounts/users/", newUser(body{"email": huge})},
		"first name right to left":       {http.MethodPost, "/accounts/users/", newUser(body{"first_name": "\u202eevil"})},
		"unknown role":                   {http.MethodPost, "/accounts/users/", newUser(body{"role": 999999})},
		"name taken":                     {http.MethodPost, "/accounts/users/", newUser(body{"username": "admin"})},
		"user renamed to nonsense":       {http.MethodPut, user, body{"username": "a b"}},
		"user with a wrong address":      {http.MethodPut, user, body{"last_login_ip": "1.2.3.4.5"}},
		"user with two roles":            {http.MethodPut, user, body{"role": []int{1, 2}}},
		"user beyond 32 bits":            {http.MethodPut, "/accounts/99999999999/users/", body{"first_name": "x"}},
		"role name with a control":       {http.MethodPost, "/accounts/roles/", body{"name": "a\u0007b"}},
		"role name right to left":        {http.MethodPost, "/accounts/roles/", body{"name": "\u2067x"}},
		"role name with what is unseen":  {http.MethodPost, "/accounts/roles/", body{"name": "Admins\u200b"}},
		"role name of 1 MB":              {http.MethodPost, "/accounts/roles/", body{"name": huge}},
		"role name blank":                {http.MethodPost, "/accounts/roles/", body{"name": "  "}},
		"role of unknown clients":        {http.MethodPost, "/accounts/roles/", body{"name": "x", "can_view_clients": []int{1, 999999}}},
		"role of unknown sites":          {http.MethodPut, "/accounts/roles/1/", body{"name": "R", "can_view_sites": []int{999999}}},
		"role of a text as clients":      {http.MethodPut, "/accounts/roles/1/", body{"name": "R", "can_view_clients": "1 OR 1=1"}},
		"role with a flag that is none":  {http.MethodPut, "/accounts/roles/1/", body{"name": "R", "can_list_agents": "perhaps"}},
		"key name of 1 MB":               {http.MethodPost, "/accounts/apikeys/", body{"name": huge, "user": admin.UserID}},
		"key name with a control":        {http.MethodPost, "/accounts/apikeys/", body{"name": "a\tb", "user": admin.UserID}},
		"key of nobody":                  {http.MethodPost, "/accounts/apikeys/", body{"name": "x", "user": 999999}},
		"key of the installer":           {http.MethodPost, "/accounts/apikeys/", body{"name": "x", "user": installer}},
		"key until never":                {http.MethodPost, "/accounts/apikeys/", body{"name": "x", "user": admin.UserID, "expiration": "9999-99-99"}},
		"session that is a pattern":      {http.MethodDelete, "/accounts/sessions/%25/", nil},
		"password of nobody":             {http.MethodPost, "/accounts/users/reset/", body{"id": 999999, "password": "x"}},
		"own password of 1 MB":           {http.MethodPut, "/accounts/resetpw/", body{"password": huge}},
		"own password as a list":         {http.MethodPut, "/accounts/resetpw/", body{"password": []string{"x"}}},
		"choices that are none":          {http.MethodPatch, "/accounts/users/ui/", body{"client_tree_sort": "password"}},
		"colour of 1 MB":                 {http.MethodPatch, "/accounts/users/ui/", body{"loading_bar_color": huge}},
		"foreign action":                 {http.MethodPatch, "/accounts/users/ui/", body{"url_action": 999999}},
		"array for an object":            {http.MethodPut, user, []int{1}},
		"agents by a secret column":      {http.MethodGet, "/v1/agents?sort=token_hash", nil},
		"agents by a secret's beginning": {http.MethodGet, "/v1/agents?sort=hostname,password", nil},
	}
	before := digest(t, api)
	for name, c := range cases {
		reply := admin.Do(c.method, c.path, c.body)
		require.GreaterOrEqual(t, reply.Status, 400, "%s: %.200s", name, reply.Body)
		require.Less(t, reply.Status, 500, "%s: %.200s", name, reply.Body)
		require.Less(t, len(reply.Body), 4<<10, "%s: the answer does not send the input back", name)
	}
	require.Equal(t, before, digest(t, api))
}

// TestReadOnlyFieldsStayReadOnly sends whole objects with what a client must not choose: it is ignored, as in the contract.
func TestReadOnlyFieldsStayReadOnly(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	evil := body{"id": 4711, "is_superuser": true, "is_staff": true, "is_installer_user": true, "totp_key": "JBSWY3DPEHPK3PXP", "password": "mine", "key": "MINE", "key_hash": "x",
		"created_by": "evil", "created_time": "1999-01-01T00:00:00Z", "modified_by": "evil", "user_count": 99, "kind": "session", "digest": "x"}
	with := func(change body) body {
		out := body{}
		for _, m := range []body{evil, change} {
			for k, v := range m {
				out[k] = v
			}
		}
		return out
	}
	admin.Post("/accounts/users/", with(body{"username": "kim", "email": "", "password": "right-password"})).Is(http.StatusOK, "kim")
	var users []body
	admin.Get("/accounts/users/?search=kim").OK(&users)
	id := int(users[0]["id"].(float64))
	require.NotEqual(t, 4711, id)
	delete(evil, "is_superuser") // of roles it is a flag
	admin.Put(fmt.Sprintf("/accounts/%d/users/", id), with(body{"first_name": "Kim"})).Is(http.StatusOK, "ok")
	admin.Post("/accounts/roles/", with(body{"name": "R"})).OK(nil)
	admin.Post("/accounts/apikeys/", with(body{"name": "K", "user": id})).OK(nil)
	evil["is_superuser"] = true
	kim := api.WithToken(firstToken(t, api, "kim", "right-password"))
	kim.Post("/accounts/users/setup_totp/", with(nil)).OK(nil)

	var chosen int
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM users WHERE username = 'kim' AND (is_superuser OR is_installer_user OR totp_key = 'JBSWY3DPEHPK3PXP'))
		+ (SELECT count(*) FROM users WHERE id = 4711 OR created_by = 'evil' OR modified_by = 'evil') + (SELECT count(*) FROM roles WHERE id = 4711 OR is_superuser OR created_by = 'evil')
		+ (SELECT count(*) FROM api_keys WHERE id = 4711 OR key = 'MINE' OR created_by = 'evil')`).Scan(&chosen))
	require.Zero(t, chosen)
}

// firstToken signs in with the password alone.
func firstToken(t *testing.T, api *resttest.API, name, password string) string {
	t.Helper()
	var first struct{ Token string }
	api.Anonymous().Post("/v2/checkcreds/", body{"username": name, "password": password}).OK(&first)
	return first.Token
}

// TestNamesAreNotGuessed: an unknown, a blocked, an inactive and a known account with a wrong password answer with the same
// words. That an unknown one costs a hash as the others do is shown by the benchmarks of pkg/accounts.
func TestNamesAreNotGuessed(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	for _, name := range []string{"known", "blocked", "gone"} {
		admin.Post("/accounts/users/", body{"username": name, "email": "", "password": "right-password"}).OK(nil)
	}
	_, err := api.Pool.Exec(t.Context(), `UPDATE users SET block_dashboard_login = username = 'blocked', is_active = username <> 'gone'`)
	require.NoError(t, err)
	for _, name := range []string{"known", "blocked", "gone", "unknown", "known'--", "KNOWN"} {
		api.Anonymous().Post("/v2/checkcreds/", body{"username": name, "password": "wrong"}).Is(http.StatusBadRequest, "Bad credentials")
		api.Anonymous().Post("/v2/login/", body{"username": name, "password": "wrong", "twofactor": "000000"}).
			Is(http.StatusBadRequest, body{"non_field_errors": []string{"Unable to log in with provided credentials."}})
	}
}

// TestBytesThatAreNoText: what is no UTF-8 in a path, a query or a form finds nothing; it is no failure of the server.
func TestBytesThatAreNoText(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	for path, want := range map[string]int{
		"/accounts/users/?search=%FF%FE": 200, "/accounts/users/?search=%ED%A0%80": 200, "/accounts/users/?search=%00": 400, "/accounts/sessions/%FF/": 405,
		"/v1/audit-log?user=%FF": 200, "/v1/audit-log?limit=": 200, "/v1/audit-log/export?object=%C0%AF": 200, "/v1/debug-log?agent=%FF": 200, "/v1/jobs/runs?job=%FF": 200,
		"/v1/jobs/runs?limit=": 200, "/v1/pending-actions?agent=%FF&limit=": 200, "/core/customfields/?model=%FF": 200, "/agents/scripthistory/?scriptname=%FF": 200,
		"/v1/agents/%FF%FF": 404, "/v1/agents?q=%FF": 200, "/beta/v1/site/?search=%FF": 200, "/v1/agents?client=%FF": 400,
	} {
		require.Equal(t, want, admin.Get(path).Status, path)
	}
	require.Equal(t, http.StatusNotFound, admin.Delete("/accounts/sessions/%FF/").Status)
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v2/checkcreds/", strings.NewReader("username=%FF%00&password=%FE"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	api.App.Router.ServeHTTP(w, req)
	require.Equal(t, http.StatusBadRequest, w.Code, w.Body)
	req = httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v2/checkcreds/", strings.NewReader("username=%FF&password=%FE"))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w = httptest.NewRecorder()
	api.App.Router.ServeHTTP(w, req)
	require.JSONEq(t, `"Bad credentials"`, w.Body.String())
}
