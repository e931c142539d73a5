package notify_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/notify"
)

func TestTestMail(t *testing.T) {
	t.Parallel()
	port, got := mailServer(t, nil)
	require.NoError(t, notify.NewMailer(core(port)).Test(t.Context(), "Test", "This is a test message"))
	r := <-got
	require.Contains(t, r.data, "Subject: Test")
	require.Contains(t, r.data, "This is a test message")
	for what, change := range map[string]func(*fixed){
		"no host": func(f *fixed) { f.SMTPHost = nil }, "no recipient": func(f *fixed) { f.EmailAlertRecipients = nil },
	} {
		c := core(1)
		change(&c)
		require.EqualError(t, notify.NewMailer(c).Test(t.Context(), "s", "b"),
			fault.Refused("There needs to be at least one email recipient configured").Error(), what)
	}
	err := notify.NewMailer(core(1)).Test(t.Context(), "s", "b")
	require.Equal(t, fault.KindRefused, fault.KindOf(err), "the person reads why")
	require.ErrorContains(t, err, "connection refused")
}

func TestTestText(t *testing.T) {
	t.Parallel()
	status := http.StatusCreated
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	c := core(1)
	c.TwilioNumber, c.TwilioAccountSID, c.TwilioAuthToken, c.SMSAlertRecipients = ptr("+1"), ptr("A"), ptr("t"), []string{"+2"}
	texter := notify.NewTexter(c, srv.URL)
	require.NoError(t, texter.Test(t.Context(), "x"))
	status = http.StatusBadGateway
	require.Equal(t, fault.KindRefused, fault.KindOf(texter.Test(t.Context(), "x")))
	srv.Close()
	require.Equal(t, fault.KindRefused, fault.KindOf(texter.Test(t.Context(), "x")))
}
