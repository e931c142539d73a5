package clientsapi_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// TestALimitIsNotDeleted: a role without clients and sites reaches everything, so nobody becomes unlimited by deleting the last
// thing that his role is limited to.
func TestALimitIsNotDeleted(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	_, err := api.Pool.Exec(t.Context(), twoCustomers+`
		INSERT INTO clients (id, name) VALUES (301, 'Empty'), (302, 'Empty too');
		INSERT INTO sites (id, client_id, name) VALUES (301, 301, 'D'), (302, 302, 'E'), (303, 302, 'F');`)
	require.NoError(t, err)
	all := access.Permissions()
	byClient := api.As(resttest.Role{Permissions: all, Clients: []int32{301}})
	bySite := api.As(resttest.Role{Permissions: all, Sites: []int32{302}})
	mixed := api.As(resttest.Role{Permissions: all, Clients: []int32{302}, Sites: []int32{303}})
	before := digest(t, api)
	names := roleNames(t, api)
	refusal := func(numbers ...int) string {
		roles := names[numbers[0]]
		for _, n := range numbers[1:] {
			roles += ", " + names[n]
		}
		return "Roles are limited to what would be deleted and would reach everything without it: " + roles + ". Change them first."
	}
	byClient.Delete("/clients/301/").Is(http.StatusBadRequest, refusal(0))
	bySite.Delete("/clients/sites/302/").Is(http.StatusBadRequest, refusal(1))
	mixed.Delete("/clients/302/").Is(http.StatusBadRequest, refusal(1, 2))
	api.Admin().Delete("/clients/302/").Is(http.StatusBadRequest, refusal(1, 2))
	require.Equal(t, before, digest(t, api))
	mixed.Delete("/clients/sites/303/").Is(http.StatusOK, "F was deleted") // its client remains

	// Two limits, deleted at the same moment: one of them stays.
	two := api.As(resttest.Role{Permissions: all, Clients: []int32{201, 301}})
	_, err = api.Pool.Exec(t.Context(), `DELETE FROM agents WHERE site_id = 201`)
	require.NoError(t, err)
	_, err = api.Pool.Exec(t.Context(), `DELETE FROM role_clients c USING roles r WHERE r.id = c.role_id AND r.name = $1`, names[0])
	require.NoError(t, err)
	var wait sync.WaitGroup
	var replies [2]*resttest.Reply
	for i, path := range []string{"/clients/201/", "/clients/301/"} {
		wait.Go(func() { replies[i] = two.Do(http.MethodDelete, path, nil) })
	}
	wait.Wait()
	require.ElementsMatch(t, []int{http.StatusOK, http.StatusBadRequest}, []int{replies[0].Status, replies[1].Status})
	var left int
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM role_clients c JOIN roles r ON r.id = c.role_id WHERE r.name = $1`,
		roleNames(t, api)[3]).Scan(&left))
	require.Equal(t, 1, left)
}

func roleNames(t *testing.T, api *resttest.API) (names []string) {
	t.Helper()
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT array_agg(name ORDER BY id) FROM roles`).Scan(&names))
	return names
}
