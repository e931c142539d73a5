package accountsapi_test

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

func find(t *testing.T, list []body, key string, want any) body {
	t.Helper()
	for _, item := range list {
		if item[key] == want {
			return item
		}
	}
	require.Failf(t, "not in the list", "%s = %v", key, want)
	return nil
}

func idOf(t *testing.T, c *resttest.Client, path, key, want string) int {
	t.Helper()
	var list []body
	c.Get(path).OK(&list)
	return int(find(t, list, key, want)["id"].(float64))
}

func TestUsers(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	admin.Post("/accounts/users/", body{"username": "kit-user", "password": "kit-pass-1", "email": "Kit@EXAMPLE.com", "role": "none"}).Is(http.StatusOK, "kit-user")
	admin.Post("/accounts/users/", body{"username": "kit-user", "password": "p", "email": ""}).Is(http.StatusBadRequest, "ERROR: User kit-user already exists!")
	bad := "['Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.']"
	admin.Post("/accounts/users/", body{"username": "kit user!", "password": "p", "email": ""}).Is(http.StatusBadRequest, bad)
	admin.Post("/accounts/users/", body{"username": "", "password": "p", "email": ""}).Is(http.StatusBadRequest, bad)
	admin.Post("/accounts/users/", body{"username": "x", "password": "p", "email": "", "role": 9999}).NotFound("Role")
	admin.Post("/accounts/users/", body{}).Is(http.StatusBadRequest, body{"username": []string{"This field is required."},
		"email": []string{"This field is required."}, "password": []string{"This field is required."}})

	var list []body
	admin.Get("/accounts/users/?search=KIT-US").OK(&list)
	require.Len(t, list, 1)
	require.Equal(t, "Kit@example.com", list[0]["email"])
	require.Equal(t, []any{}, list[0]["social_accounts"])
	admin.Get("/accounts/users/").OK(&list)
	require.Len(t, list, 2, "the installer's account is hidden")

	path := fmt.Sprintf("/accounts/%v/users/", list[1]["id"])
	admin.Put(path, body{"first_name": "Kitty", "date_format": "YYYY", "id": 7, "role": ""}).Is(http.StatusOK, "ok")
	admin.Put(path, body{"email": "nope"}).Is(http.StatusBadRequest, body{"email": []string{"Enter a valid email address."}})
	admin.Put(path, body{"username": "admin"}).Is(http.StatusBadRequest, body{"username": []string{"A user with that username already exists."}})
	admin.Put(path, body{"role": 999999, "is_active": "zz"}).Is(http.StatusBadRequest, body{"is_active": []string{"Must be a valid boolean."},
		"role": []string{`Invalid pk "999999" - object does not exist.`}})
	admin.Put("/accounts/999999/users/", body{}).NotFound("User")
	var one body
	admin.Get(path).OK(&one)
	require.Equal(t, "Kitty", one["first_name"])
	require.Nil(t, one["role"])

	admin.Delete(path).Is(http.StatusOK, "ok")
	admin.Delete(path).NotFound("User")
	admin.Get(path).NotFound("User")

	var actions []string
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT array_agg(message ORDER BY id) FROM audit_log WHERE object_type = 'user'`).Scan(&actions))
	require.Equal(t, []string{"admin added user kit-user", "admin modified user kit-user", "admin deleted user kit-user"}, actions)
	var debug string
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT debug_info->>'view_class' FROM audit_log WHERE action = 'modify'`).Scan(&debug))
	require.Equal(t, "updateUser", debug)
}

func TestRolesDecide(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	_, err := api.Pool.Exec(t.Context(), `INSERT INTO clients (name) VALUES ('Acme'), ('Other'); INSERT INTO sites (client_id, name) VALUES (1, 'HQ')`)
	require.NoError(t, err)
	admin.Post("/accounts/roles/", body{"name": "temp", "can_list_accounts": true, "can_view_clients": []int{1}}).Is(http.StatusOK, "Role was added")
	admin.Post("/accounts/roles/", body{"name": "temp"}).Is(http.StatusBadRequest, body{"name": []string{"role with this name already exists."}})
	admin.Post("/accounts/roles/", body{"can_list_accounts": true}).Is(http.StatusBadRequest, body{"name": []string{"This field is required."}})
	admin.Post("/accounts/roles/", body{"name": "bad", "can_list_agents": "maybe", "can_view_clients": []int{999999}}).Is(http.StatusBadRequest,
		body{"can_list_agents": []string{"Must be a valid boolean."}, "can_view_clients": []string{`Invalid pk "999999" - object does not exist.`}})
	id := idOf(t, admin, "/accounts/roles/", "name", "temp")
	path := fmt.Sprintf("/accounts/roles/%d/", id)
	admin.Put(path, body{"name": "temp", "can_list_roles": true, "can_view_sites": []int{1}}).Is(http.StatusOK, "Role was edited")
	admin.Put(path, body{"can_list_roles": true}).Is(http.StatusBadRequest, body{"name": []string{"This field is required."}})
	var role body
	admin.Get(path).OK(&role)
	require.Equal(t, true, role["can_list_accounts"], "absent flags keep their value")
	require.Equal(t, []any{1.0}, role["can_view_clients"])
	require.Equal(t, []any{1.0}, role["can_view_sites"])
	require.Len(t, role, 9+1+len(access.Permissions()))

	user := api.WithoutRole()
	user.Get("/accounts/roles/").Forbidden()
	admin.Put(fmt.Sprintf("/accounts/%d/users/", user.UserID), body{"role": id}).OK(nil)
	user.Get("/accounts/roles/").OK(nil)
	admin.Put(path, body{"name": "temp", "can_list_roles": false}).OK(nil)
	user.Get("/accounts/roles/").Forbidden()
	admin.Put(path, body{"name": "temp", "is_superuser": true}).OK(nil)
	user.Get("/accounts/roles/").OK(nil)
	admin.Delete(path).Is(http.StatusOK, "Role was removed")
	user.Get("/accounts/roles/").Forbidden()
	admin.Get(path).NotFound("Role")
}

func TestEveryRoleFlagIsWrittenAndRead(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	flags := body{"name": "all"}
	for _, p := range access.Permissions() {
		flags[string(p)] = true
	}
	api.Admin().Post("/accounts/roles/", flags).OK(nil)
	var role body
	api.Admin().Get("/accounts/roles/1/").OK(&role)
	for _, p := range access.Permissions() {
		require.Equal(t, true, role[string(p)], p)
		api.Admin().Put("/accounts/roles/1/", body{"name": "all", string(p): false}).OK(nil)
	}
	api.Admin().Get("/accounts/roles/1/").OK(&role)
	for _, p := range access.Permissions() {
		require.Equal(t, false, role[string(p)], p)
	}
}

func TestAPIKeys(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin, user := api.Admin(), api.With(access.ListAccounts)
	admin.Post("/accounts/apikeys/", body{"name": "k", "user": user.UserID, "expiration": "2099-01-01T00:00:00Z", "key": "mine"}).Is(http.StatusOK, "The API Key was added")
	admin.Post("/accounts/apikeys/", body{"name": "k", "user": user.UserID}).Is(http.StatusBadRequest, body{"name": []string{"api key with this name already exists."}})
	admin.Post("/accounts/apikeys/", body{"user": 999999}).Is(http.StatusBadRequest, body{"name": []string{"This field is required."},
		"user": []string{`Invalid pk "999999" - object does not exist.`}})
	var list []body
	admin.Get("/accounts/apikeys/").OK(&list)
	key := find(t, list, "name", "k")
	require.Equal(t, "2099-01-01T00:00:00Z", key["expiration"])
	require.Regexp(t, "^[A-Z0-9]{32}$", key["key"])
	text, path := key["key"].(string), fmt.Sprintf("/accounts/apikeys/%v/", key["id"])
	as := func() *resttest.Reply {
		return api.Anonymous().Do(http.MethodGet, "/accounts/users/", nil, "X-API-KEY", text)
	}
	as().OK(nil)
	api.Anonymous().Do(http.MethodGet, "/accounts/users/", nil, "X-API-KEY", strings.ToLower(text)).Detail(http.StatusUnauthorized, "Invalid token.")
	admin.Put(path, body{"name": "k2", "expiration": "2001-01-01T00:00:00Z", "key": "x"}).Is(http.StatusOK, "The API Key was edited")
	as().Detail(http.StatusUnauthorized, "The token has expired.")
	admin.Put(path, body{"expiration": nil}).OK(nil)
	as().OK(nil)
	admin.Put(path, body{"name": ""}).Is(http.StatusBadRequest, body{"name": []string{"This field may not be blank."}})
	admin.Put(fmt.Sprintf("/accounts/%d/users/", user.UserID), body{"is_active": false}).OK(nil)
	as().Detail(http.StatusUnauthorized, "User inactive or deleted.")
	admin.Delete(path).Is(http.StatusOK, "The API Key was deleted")
	admin.Delete(path).NotFound("APIKey")
	as().Detail(http.StatusUnauthorized, "Invalid token.")
	var secret int
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_log WHERE before_value::text || after_value::text LIKE '%' || $1 || '%'`, text).Scan(&secret))
	require.Zero(t, secret, "no key in the audit log")
}

func TestSessionsOfOthers(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	admin := l.api.Admin()
	var token struct{ Token string }
	l.with(l.code(t, 0)).OK(&token)
	path := fmt.Sprintf("/accounts/users/%d/sessions/", admin.UserID)
	var list []body
	admin.Get(path).OK(&list)
	require.Len(t, list, 2)
	require.Equal(t, "admin", list[0]["user"])
	one := fmt.Sprintf("/accounts/sessions/%s/", list[1]["digest"])
	admin.Delete(one).Is(http.StatusOK, "ok")
	admin.Delete(one).NotFound("AuthToken")
	l.api.WithToken(token.Token).Get("/core/version/").Detail(http.StatusUnauthorized, "Invalid token.")
	admin.Delete(path).Is(http.StatusOK, "ok")
	admin.Get(path).Is(http.StatusOK, []body{})
	admin.Get("/accounts/users/999999/sessions/").NotFound("User")
}

func TestResets(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	admin, reader, manager := l.api.Admin(), l.api.With(access.ListAccounts), l.api.With(access.ManageAccounts)
	for _, path := range []string{"/accounts/users/reset/", "/accounts/users/reset_totp/"} {
		admin.Post(path, body{"id": reader.UserID, "password": "new-word"}).Is(http.StatusOK, "ok")
		admin.Put(path, body{"id": 999999}).NotFound("User")
		reader.Put(path, body{"id": admin.UserID}).Forbidden()
		reader.Put(path, body{"id": 999999}).Forbidden()
		reader.Post(path, body{}).Forbidden()
		reader.Put(path, body{"id": reader.UserID}).Is(http.StatusOK, "user-2's Two-Factor key was reset. Have them sign in again to setup")
		admin.Post(path, body{}).Is(http.StatusBadRequest, body{"id": []string{"This field is required."}, "password": []string{"This field is required."}})
	}
	manager.Put("/accounts/users/reset/", body{"id": admin.UserID}).Forbidden() // he would become the superuser
	manager.Put("/accounts/users/reset/", body{"id": l.api.WithoutRole().UserID}).OK(nil)
	admin.Put("/accounts/users/reset/", body{"id": admin.UserID}).OK(nil)
	l.api.Anonymous().Post("/v2/login/", body{"username": "admin", "password": "admin-password", "twofactor": "000000"}).Is(http.StatusBadRequest, "Bad credentials")

	short := body{"password": []string{"Ensure this field has at least 8 characters."}}
	admin.Put("/accounts/resetpw/", body{"password": "x"}).Is(http.StatusBadRequest, short)
	admin.Post("/accounts/users/reset/", body{"id": reader.UserID, "password": "x"}).Is(http.StatusBadRequest, short)
	admin.Post("/accounts/users/", body{"username": "kit-user", "password": "x", "email": ""}).Is(http.StatusBadRequest, short)
	admin.Post("/accounts/users/", body{"username": "kit-user", "password": "Kit-User", "email": ""}).Is(http.StatusBadRequest,
		body{"password": []string{"The password must not be the username."}})
	admin.Put("/accounts/resetpw/", body{"password": " other-word "}).Is(http.StatusOK, "Password was reset.")
	l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "admin", "password": "admin-password"}).Is(http.StatusBadRequest, "Bad credentials")
	l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "admin", "password": " other-word "}).OK(nil)
	admin.Put("/accounts/reset2fa/", body{}).Is(http.StatusOK, "2FA was reset. Log out and back in to setup.")

	_, err := l.api.Pool.Exec(t.Context(), `UPDATE core_settings SET block_local_user_logon = true`)
	require.NoError(t, err)
	admin.Put("/accounts/users/reset/", body{"id": reader.UserID}).Forbidden()
	l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "user-2", "password": "new-word"}).Is(http.StatusBadRequest, "Bad credentials")
	l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "admin", "password": " other-word "}).OK(nil)
}

func TestRootUserIsProtected(t *testing.T) {
	t.Parallel()
	api := resttest.New(t, func(_ *app.Infrastructure, o *app.Options) { o.RootUser = "admin" })
	admin, manager := api.Admin(), api.With(access.ManageAccounts)
	path := fmt.Sprintf("/accounts/%d/users/", admin.UserID)
	manager.Put(path, body{"first_name": "x"}).Is(http.StatusBadRequest, "The root user cannot be modified from the UI")
	manager.Delete(path).Is(http.StatusBadRequest, "The root user cannot be deleted from the UI")
	manager.Post("/accounts/users/reset/", body{"id": admin.UserID, "password": "x"}).Is(http.StatusBadRequest, "The root user cannot be modified from the UI")
	admin.Put(path, body{"first_name": "x"}).OK(nil)
}

func TestOwnChoices(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	user := api.WithoutRole()
	user.Patch("/accounts/users/ui/", body{"dark_mode": false, "client_tree_splitter": 20, "loading_bar_color": "blue", "date_format": "DD"}).Is(http.StatusOK, "ok")
	user.Patch("/accounts/users/ui/", body{"dark_mode": "x", "client_tree_splitter": -1, "loading_bar_color": "", "default_agent_tbl_tab": "zz", "url_action": 999999}).
		Is(http.StatusBadRequest, body{
			"dark_mode": []string{"Must be a valid boolean."}, "url_action": []string{`Invalid pk "999999" - object does not exist.`},
			"default_agent_tbl_tab": []string{`"zz" is not a valid choice.`},
			"client_tree_splitter":  []string{"Ensure this value is greater than or equal to 0."}, "loading_bar_color": []string{"This field may not be blank."},
		})
	p, err := api.App.Accounts.Preferences(t.Context(), user.UserID)
	require.NoError(t, err)
	require.False(t, p.DarkMode)
	require.EqualValues(t, 20, p.ClientTreeSplitter)
	require.Equal(t, "DD", *p.DateFormat)
	require.Equal(t, "alphafail", p.ClientTreeSort)
}

// TestPermissionsOfAccounts walks the operations that ask for a flag with a caller who has none and one who is anonymous.
func TestPermissionsOfAccounts(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	nobody, anonymous := api.With(), api.Anonymous()
	for _, op := range api.App.Router.Operations() {
		if op.Tag != "accounts" || op.Permission == "" {
			continue
		}
		path := strings.NewReplacer("{pk}", "1", "{digest}", "x").Replace(op.Path)
		nobody.Do(op.Method, path, body{}).Forbidden()
		anonymous.Do(op.Method, path, body{}).Detail(http.StatusUnauthorized, "Authentication credentials were not provided.")
	}
}
