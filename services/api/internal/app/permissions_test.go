package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

// pathOf fills the parameters of a path with values that match their forms.
func pathOf(op rest.Operation) string {
	path := op.Path
	for _, name := range op.Params() {
		value := "1"
		if name == "agent_id" {
			value = strings.Repeat("A", 40)
		}
		path = strings.ReplaceAll(path, "{"+name+"}", value)
	}
	return path
}

// TestNobodyGetsPastTheDeclarations walks every operation of the product: without a credential each one that is not public
// answers 401, and with every flag but its own each one that asks for a flag answers 403.
func TestNobodyGetsPastTheDeclarations(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	callers := map[access.Permission]*resttest.Client{}
	without := func(p access.Permission) *resttest.Client {
		if callers[p] == nil {
			others := slices.DeleteFunc(access.Permissions(), func(q access.Permission) bool { return p == q })
			callers[p] = api.With(others...)
		}
		return callers[p]
	}
	for _, op := range api.App.Router.Operations() {
		if op.Auth == rest.AuthPublic {
			continue
		}
		path := pathOf(op)
		refused := api.Anonymous().Do(op.Method, path, map[string]any{})
		require.Equal(t, http.StatusUnauthorized, refused.Status, "%s without a credential: %s", op.ID, refused.Body)
		if op.Permission != "" {
			refused = without(op.Permission).Do(op.Method, path, map[string]any{})
			require.Equal(t, http.StatusForbidden, refused.Status, "%s without %s: %s", op.ID, op.Permission, refused.Body)
		}
		if op.Auth == rest.AuthAgent {
			refused = api.Admin().Do(op.Method, path, map[string]any{})
			require.Equal(t, http.StatusUnauthorized, refused.Status, "%s with a person's key: %s", op.ID, refused.Body)
		}
	}
}
