package accountsapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/accountsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

func TestCallersLearnWhatTheyMayDo(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin, user := api.Admin(), api.WithoutRole()
	var me accountsapi.Me
	admin.Get("/v1/me").OK(&me)
	require.True(t, me.IsSuperuser)
	require.Equal(t, access.Permissions(), me.Permissions)

	user.Get("/v1/me").OK(&me)
	require.False(t, me.IsSuperuser)
	require.Empty(t, me.Permissions)
	admin.Post("/accounts/roles/", body{"name": "helpdesk", "can_list_agents": true, "can_send_cmd": true}).OK(nil)
	admin.Put(fmt.Sprintf("/accounts/%d/users/", user.UserID), body{"role": idOf(t, admin, "/accounts/roles/", "name", "helpdesk")}).OK(nil)
	user.Get("/v1/me").OK(&me)
	require.Equal(t, []access.Permission{access.ListAgents, access.SendCmd}, me.Permissions)

	require.Equal(t, http.StatusUnauthorized, api.Anonymous().Get("/v1/me").Status)
}
