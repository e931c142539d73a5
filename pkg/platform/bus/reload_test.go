package bus_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/bustest"
)

func TestReload(t *testing.T) {
	t.Parallel()
	srv := bustest.StartWithoutAuth(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	s := bus.Settings{URL: srv.URL(), User: bustest.SystemUser, Password: bustest.SystemUser, Name: "test"}
	n, err := bus.Reload(ctx, s)
	require.NoError(t, err)
	require.Equal(t, int64(1), n)

	s.User, s.Password = bustest.ServicesUser, bustest.ServicesUser
	_, err = bus.Reload(ctx, s)
	require.Error(t, err, "the services' account may not")
	s.Password = ""
	_, err = bus.Reload(ctx, s)
	require.ErrorContains(t, err, "nats.sys_password is not set")
	s.Password = "wrong"
	_, err = bus.Reload(ctx, s)
	require.Error(t, err)
}
