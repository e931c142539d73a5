package notify_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/notify"
)

func TestTexter(t *testing.T) {
	t.Parallel()
	var sent []string
	status, answer := http.StatusCreated, `{"sid":"SM1"}`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		sent = append(sent, r.URL.Path+" "+user+":"+password+" "+r.FormValue("From")+">"+r.FormValue("To")+" "+r.FormValue("Body"))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(srv.Close)
	number, account, token := "+1555", "AC1", "t"
	core := fixed{TwilioNumber: &number, TwilioAccountSID: &account}
	send := func(to ...string) error { return notify.NewTexter(core, srv.URL).Send(t.Context(), to, "hello") }
	require.ErrorContains(t, send(), "All fields are required, including at least 1 recipient")
	core.TwilioAuthToken = &token
	require.ErrorContains(t, send(), "No sms recipients found")
	require.Empty(t, sent)
	core.SMSAlertRecipients = []string{"+1", "+2"}
	require.NoError(t, send())
	require.NoError(t, send("+3"))
	require.Equal(t, []string{
		"/2010-04-01/Accounts/AC1/Messages.json AC1:t +1555>+1 hello", "/2010-04-01/Accounts/AC1/Messages.json AC1:t +1555>+2 hello",
		"/2010-04-01/Accounts/AC1/Messages.json AC1:t +1555>+3 hello",
	}, sent)
	status, answer = http.StatusBadRequest, `{"code":21211,"message":"Invalid 'To' Phone Number"}`
	err := send("x")
	require.Equal(t, fault.KindRefused, fault.KindOf(err))
	require.ErrorContains(t, err, "Invalid 'To' Phone Number")
	status, answer = http.StatusBadGateway, "?"
	err = send("x")
	require.Empty(t, fault.KindOf(err), "trying again may cure it")
	require.ErrorContains(t, err, "502")
}
