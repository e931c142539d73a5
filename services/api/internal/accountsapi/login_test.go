package accountsapi_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

type body = map[string]any

type login struct {
	api   *resttest.API
	clock *resttest.Clock
	key   string
}

// newLogin is an api with the second factor of "admin" set up, as the web app does it.
func newLogin(t *testing.T, options ...resttest.Option) *login {
	t.Helper()
	clock := resttest.NewClock()
	l := &login{api: resttest.New(t, append(options, resttest.WithClock(clock))...), clock: clock}
	var first struct {
		Token string
		TOTP  bool
	}
	l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "admin", "password": "admin-password"}).OK(&first)
	require.False(t, first.TOTP)
	var made struct {
		Key string `json:"totp_key"`
		URL string `json:"qr_url"`
	}
	setup := l.api.WithToken(first.Token)
	setup.Post("/accounts/users/setup_totp/", nil).OK(&made)
	require.Len(t, made.Key, 32)
	require.Equal(t, "otpauth://totp/rmm.example.com:admin?secret="+made.Key+"&issuer=rmm.example.com", made.URL)
	setup.Post("/accounts/users/setup_totp/", nil).Is(http.StatusOK, false)
	l.key = made.Key
	return l
}

func (l *login) code(t *testing.T, shift time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCode(l.key, l.clock.Now().Add(shift))
	require.NoError(t, err)
	return code
}

func (l *login) with(code string) *resttest.Reply {
	return l.api.Anonymous().Post("/v2/login/", body{"username": "admin", "password": "admin-password", "twofactor": code})
}

func TestLoginDialogue(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "admin", "password": "admin-password"}).Is(http.StatusOK, body{"totp": true})
	l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "admin", "password": "wrong"}).Is(http.StatusBadRequest, "Bad credentials")
	l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "nobody", "password": "wrong"}).Is(http.StatusBadRequest, "Bad credentials")
	l.api.Anonymous().Post("/v2/checkcreds/", body{}).Is(http.StatusBadRequest, "Bad credentials")
	l.api.Anonymous().Post("/v2/login/", body{}).Is(http.StatusBadRequest,
		body{"username": []string{"This field is required."}, "password": []string{"This field is required."}})
	l.api.Anonymous().Post("/v2/login/", body{"username": "admin", "password": "wrong", "twofactor": "000000"}).Is(http.StatusBadRequest,
		body{"non_field_errors": []string{"Unable to log in with provided credentials."}})
	l.with("abcdef").Is(http.StatusBadRequest, "Bad credentials")
	l.api.Anonymous().Post("/v2/login/", body{"username": "admin", "password": "admin-password"}).Is(http.StatusBadRequest, "Bad credentials")

	var token struct {
		Token, Username string
		Name            *string
		Expiry          time.Time
	}
	l.with(l.code(t, 0)).OK(&token)
	require.Len(t, token.Token, 64)
	require.Equal(t, "admin", token.Username)
	require.WithinDuration(t, l.clock.Now().Add(5*time.Hour), token.Expiry, time.Second)

	me := l.api.WithToken(token.Token)
	me.Get("/core/version/").Is(http.StatusOK, "0.0.203")
	reply := me.Post("/logout/", nil)
	require.Equal(t, http.StatusNoContent, reply.Status)
	require.Empty(t, reply.Body)
	require.Empty(t, reply.Header.Get("Content-Type"))
	me.Post("/logout/", nil).Detail(http.StatusUnauthorized, "Invalid token.")
	l.api.Admin().Post("/logout/", nil).Detail(http.StatusUnauthorized, "Authentication credentials were not provided.")

	var actions []string
	require.NoError(t, l.api.Pool.QueryRow(t.Context(), `SELECT array_agg(action || ' ' || message ORDER BY id) FROM audit_log
		WHERE action LIKE '%login'`).Scan(&actions))
	require.Equal(t, []string{
		"failed_login admin failed to login: Credentials were rejected", "failed_login nobody failed to login: Credentials were rejected",
		"failed_login  failed to login: Credentials were rejected", "failed_login admin failed to login: Two Factor token rejected",
		"failed_login admin failed to login: Two Factor token rejected", "login admin logged in successfully",
	}, actions)
}

// TestCodesAreGoodOnce: a code that was used is refused, an older one too; the window is one step.
func TestCodesAreGoodOnce(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	for _, shift := range []time.Duration{-time.Minute, time.Minute} { // two steps
		l.with(l.code(t, shift)).Is(http.StatusBadRequest, "Bad credentials")
	}
	used := l.code(t, -30*time.Second)
	l.with(used).OK(nil)
	l.with(used).Is(http.StatusBadRequest, "Bad credentials")
	l.with(l.code(t, 30*time.Second)).OK(nil)
	l.with(l.code(t, 0)).Is(http.StatusBadRequest, "Bad credentials") // older than the one used last
	l.clock.Advance(60 * time.Second)
	l.with(l.code(t, 0)).OK(nil)
}

// TestOneCodeOpensOneSession sends the same code many times at once.
func TestOneCodeOpensOneSession(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	code, answers := l.code(t, 0), make(chan int, 6)
	for range cap(answers) {
		go func() { answers <- l.with(code).Status }()
	}
	opened := 0
	for range cap(answers) {
		if <-answers == http.StatusOK {
			opened++
		}
	}
	require.Equal(t, 1, opened)
}

// TestSetupTokenIsGoodForNothingElse: it cannot use the interface and is not extended.
func TestSetupTokenIsGoodForNothingElse(t *testing.T) {
	t.Parallel()
	clock := resttest.NewClock()
	api := resttest.New(t, resttest.WithClock(clock))
	var first struct{ Token string }
	api.Anonymous().Post("/v2/checkcreds/", body{"username": "admin", "password": "admin-password"}).OK(&first)
	token := api.WithToken(first.Token)
	for _, path := range []string{"/core/version/", "/accounts/users/", "/core/dashinfo/"} {
		token.Get(path).Forbidden()
	}
	token.Put("/accounts/resetpw/", body{"password": "other"}).Forbidden()
	clock.Advance(179 * time.Second)
	token.Post("/accounts/users/setup_totp/", nil).OK(nil)
	clock.Advance(2 * time.Second)
	token.Post("/accounts/users/setup_totp/", nil).Detail(http.StatusUnauthorized, "Invalid token.")
	var left int
	require.NoError(t, api.Pool.QueryRow(t.Context(), `SELECT count(*) FROM sessions`).Scan(&left))
	require.Zero(t, left, "expired sessions are deleted when one is presented")
}

func TestSessionsSlide(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	var token struct{ Token string }
	l.with(l.code(t, 0)).OK(&token)
	me := l.api.WithToken(token.Token)
	expiry := func() (at time.Time) {
		require.NoError(t, l.api.Pool.QueryRow(t.Context(), `SELECT expiry FROM sessions WHERE kind = 'session'`).Scan(&at))
		return at
	}
	first := expiry()
	l.clock.Advance(9 * time.Minute)
	me.Get("/core/version/").OK(nil)
	require.Equal(t, first, expiry(), "too little for a write")
	l.clock.Advance(2 * time.Minute)
	me.Get("/core/version/").OK(nil)
	require.WithinDuration(t, l.clock.Now().Add(5*time.Hour), expiry(), time.Second)
	l.clock.Advance(5*time.Hour + time.Second)
	me.Get("/core/version/").Detail(http.StatusUnauthorized, "Invalid token.")
}

func TestLoginIsThrottled(t *testing.T) {
	t.Parallel()
	l := newLogin(t)
	for range 9 { // newLogin has used one
		l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "x", "password": "y"}).Is(http.StatusBadRequest, "Bad credentials")
	}
	reply := l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "x", "password": "y"})
	reply.Detail(http.StatusTooManyRequests, "Request was throttled. Expected available in 60 seconds.")
	require.Equal(t, "60", reply.Header.Get("Retry-After"))
	l.api.Admin().Get("/core/clearcache/").Is(http.StatusOK, "Cache was cleared!")
	l.api.Anonymous().Post("/v2/checkcreds/", body{"username": "x", "password": "y"}).Is(http.StatusBadRequest, "Bad credentials")
}

// TestSecondFactorGuessing: the limit per user holds from however many addresses the guesses come.
func TestSecondFactorGuessing(t *testing.T) {
	t.Parallel()
	l := newLogin(t, func(_ *app.Infrastructure, o *app.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	})
	for i := range 21 {
		forwarded := fmt.Sprintf("198.51.100.%d", i)
		reply := l.api.Anonymous().Do(http.MethodPost, "/v2/login/", body{"username": "admin", "password": "admin-password", "twofactor": "000000"},
			"X-Forwarded-For", forwarded)
		require.Equal(t, map[bool]int{true: http.StatusBadRequest, false: http.StatusTooManyRequests}[i < 20], reply.Status, "try %d", i)
	}
}

// TestGuessersDoNotKeepTheOwnerOut: many addresses together are slowed down at one account, known or not, and the address from
// which its owner signed in last is not.
func TestGuessersDoNotKeepTheOwnerOut(t *testing.T) {
	t.Parallel()
	l := newLogin(t, func(_ *app.Infrastructure, o *app.Options) {
		o.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	})
	from := func(address, name, password, code string) *resttest.Reply {
		return l.api.Anonymous().Do(http.MethodPost, "/v2/login/", body{"username": name, "password": password, "twofactor": code}, "X-Forwarded-For", address)
	}
	from("203.0.113.5", "admin", "admin-password", l.code(t, 0)).OK(nil)
	l.clock.Advance(30 * time.Second)
	answers := map[string][]string{}
	for _, name := range []string{"admin", "nobody"} {
		for i := range 35 {
			r := from(fmt.Sprintf("198.51.100.%d", i), name, "wrong", "000000")
			answers[name] = append(answers[name], fmt.Sprint(r.Status, r.Body))
		}
		require.Contains(t, answers[name][34], "429")
		require.Contains(t, answers[name][20], "Unable to log in")
	}
	require.Equal(t, answers["admin"][:27], answers["nobody"][:27], "nothing tells whether there is such an account")
	from("203.0.113.5", "admin", "admin-password", l.code(t, 0)).OK(nil)
	require.Equal(t, http.StatusTooManyRequests, from("203.0.113.6", "admin", "admin-password", l.code(t, 0)).Status)
}

// TestSessionsEndAtTheirAbsoluteAge: use keeps a session alive, but not for ever.
func TestSessionsEndAtTheirAbsoluteAge(t *testing.T) {
	t.Parallel()
	l := newLogin(t, func(_ *app.Infrastructure, o *app.Options) { o.SessionMaxAge = 24 * time.Hour })
	_, err := l.api.Pool.Exec(t.Context(), `DELETE FROM sessions`)
	require.NoError(t, err)
	var token struct{ Token string }
	l.with(l.code(t, 0)).OK(&token)
	client := l.api.WithToken(token.Token)
	for range 5 {
		l.clock.Advance(4*time.Hour + 45*time.Minute)
		client.Get("/core/version/").OK(nil)
	}
	l.clock.Advance(14 * time.Minute)
	client.Get("/core/version/").OK(nil)
	l.clock.Advance(2 * time.Minute)
	client.Get("/core/version/").Detail(http.StatusUnauthorized, "Invalid token.")
}

func TestFirstRunHappensOnce(t *testing.T) {
	t.Parallel()
	api := resttest.New(t)
	_, err := api.Pool.Exec(t.Context(), `DELETE FROM users`)
	require.NoError(t, err)
	anyone := api.Anonymous()
	anyone.Get("/v1/setup").Is(http.StatusOK, body{"needed": true})
	reply := anyone.Post("/v1/setup", body{"username": "a b", "password": "short"})
	require.Equal(t, http.StatusBadRequest, reply.Status)
	require.Equal(t, "application/problem+json", reply.Header.Get("Content-Type"))
	require.Contains(t, reply.Body, `"code":"invalid"`)
	answers := make(chan int, 4)
	for range cap(answers) {
		go func() {
			answers <- anyone.Post("/v1/setup", body{"username": "root", "password": "long-enough"}).Status
		}()
	}
	created := 0
	for range cap(answers) {
		if <-answers == http.StatusCreated {
			created++
		}
	}
	require.Equal(t, 1, created)
	anyone.Get("/v1/setup").Is(http.StatusOK, body{"needed": false})
	reply = anyone.Post("/v1/setup", body{"username": "root2", "password": "long-enough"})
	require.Equal(t, http.StatusNotFound, reply.Status)
	require.Contains(t, reply.Body, `"code":"already_set_up"`)
}
