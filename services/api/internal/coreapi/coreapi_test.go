package coreapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

type body = map[string]any

func TestSettings(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	admin := api.Admin()
	var got body
	admin.Get("/core/settings/").OK(&got)
	require.Equal(t, "America/Los_Angeles", got["default_time_zone"])
	require.Contains(t, got["all_timezones"], "Europe/Berlin")

	admin.Put("/core/settings/", body{"default_time_zone": "Europe/Berlin", "clear_faults_days": "3", "block_local_user_logon": true}).Is(http.StatusOK, "ok")
	admin.Get("/core/settings/").OK(&got)
	require.Equal(t, "Europe/Berlin", got["default_time_zone"])
	require.Equal(t, 3.0, got["clear_faults_days"])
	require.Equal(t, false, got["block_local_user_logon"], "forced off without single sign-on")

	admin.Put("/core/settings/", body{"email_alert_recipients": []string{"bad"}, "smtp_port": -1, "default_time_zone": "Mars/Base"}).
		Is(http.StatusBadRequest, body{"email_alert_recipients": body{"0": []string{"Enter a valid email address."}},
			"smtp_port":         []string{"Ensure this value is greater than or equal to 0."},
			"default_time_zone": []string{`"Mars/Base" is not a valid choice.`}})
	admin.Put("/core/settings/", body{"default_shell_linux": "custom"}).
		Is(http.StatusBadRequest, body{"default_shell_linux_custom": []string{"Custom shell path is required."}})
	api.With(access.ViewCoreSettings).Put("/core/settings/", body{}).Forbidden()
}

func TestCustomFields(t *testing.T) {
	t.Parallel()
	admin := resttest.New(t).Admin()
	admin.Post("/core/customfields/", body{"model": "agent", "name": "Owner"}).Is(http.StatusOK, "ok")
	admin.Post("/core/customfields/", body{"model": "agent", "name": "Owner"}).
		Is(http.StatusBadRequest, body{"non_field_errors": []string{"The fields model, name must make a unique set."}})
	admin.Post("/core/customfields/", body{}).
		Is(http.StatusBadRequest, body{"model": []string{"This field is required."}, "name": []string{"This field is required."}})
	admin.Patch("/core/customfields/", body{}).Is(http.StatusBadRequest, "The request was invalid")
	var list []body
	admin.Patch("/core/customfields/", body{"model": "agent"}).OK(&list)
	require.Len(t, list, 1)
	path := fmt.Sprintf("/core/customfields/%v/", list[0]["id"])
	admin.Put(path, body{"type": "multiple", "options": []string{"a", "b"}}).Is(http.StatusOK, "ok")
	var one body
	admin.Get(path).OK(&one)
	require.Equal(t, []any{"a", "b"}, one["options"])
	admin.Delete(path).Is(http.StatusOK, "ok")
	admin.Delete(path).NotFound("CustomField")
}

func TestDashInfoAndVersion(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	var got body
	api.WithoutRole().Get("/core/dashinfo/").OK(&got)
	require.Equal(t, true, got["dark_mode"])
	require.Equal(t, "editagent", got["dbl_click_action"])
	api.Anonymous().Get("/core/version/").Detail(http.StatusUnauthorized, "Authentication credentials were not provided.")
	api.Admin().Get("/core/clearcache/").Is(http.StatusOK, "Cache was cleared!")
}
