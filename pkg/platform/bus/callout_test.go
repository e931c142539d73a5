package bus_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/proto/subjects"
)

// question is what nats-server asks, made with its own library.
func question(t testing.TB, change func(*jwt.AuthorizationRequestClaims)) (token, userKey string) {
	t.Helper()
	server, err := nkeys.CreateServer()
	require.NoError(t, err)
	serverID, err := server.PublicKey()
	require.NoError(t, err)
	user, err := nkeys.CreateUser()
	require.NoError(t, err)
	userKey, err = user.PublicKey()
	require.NoError(t, err)
	c := jwt.NewAuthorizationRequestClaims("issuer")
	c.Audience, c.UserNkey = "nats-authorization-request", userKey
	c.Server = jwt.ServerID{ID: serverID, Name: "gueen"}
	c.ClientInformation = jwt.ClientInformation{Host: "192.0.2.7", ID: 42}
	c.ConnectOptions = jwt.ConnectOptions{Username: agentID("a"), Password: "tok", Lang: "go"}
	if change != nil {
		change(c)
	}
	token, err = c.Encode(server)
	require.NoError(t, err)
	return token, userKey
}

func signer(t testing.TB) (*bus.Signer, string) {
	t.Helper()
	seed, err := bus.NewIssuerSeed()
	require.NoError(t, err)
	s, err := bus.NewSigner(seed)
	require.NoError(t, err)
	issuer, err := bus.IssuerPublicKey(seed)
	require.NoError(t, err)
	return s, issuer
}

// The server decodes answers with the library: it verifies both signatures, and what it finds must be what it expects.
func TestAnswerIsWhatTheLibraryReads(t *testing.T) {
	t.Parallel()
	id := agentID("a")
	token, userKey := question(t, nil)
	req, err := bus.ParseAuthRequest([]byte(token))
	require.NoError(t, err)
	require.Equal(t, []any{"192.0.2.7", id, "tok", uint64(42)}, []any{req.Host, req.User, req.Password, req.ClientID})
	s, issuer := signer(t)
	data, err := s.AllowAgent(req, id)
	require.NoError(t, err)

	answer, err := jwt.DecodeAuthorizationResponseClaims(string(data))
	require.NoError(t, err)
	problems := jwt.CreateValidationResults()
	answer.Validate(problems)
	user, err := jwt.DecodeUserClaims(answer.Jwt)
	require.NoError(t, err)
	user.Validate(problems)
	require.Empty(t, problems.Issues)
	require.Equal(t, []string{userKey, req.ServerID, issuer, ""}, []string{answer.Subject, answer.Audience, answer.Issuer, answer.Error})
	require.Equal(t, []string{userKey, bus.AccountAgents, issuer, id}, []string{user.Subject, user.Audience, user.Issuer, user.Name})
	require.Equal(t, jwt.StringList{subjects.CheckIn(id), subjects.AgentCommandOutput(id), subjects.AgentTerminals(id)}, user.Pub.Allow)
	require.Equal(t, jwt.StringList{subjects.Agent(id)}, user.Sub.Allow)
	require.Equal(t, &jwt.ResponsePermission{MaxMsgs: 1, Expires: bus.ResponseWindow}, user.Resp)
	require.EqualValues(t, 4, user.Subs)
	require.EqualValues(t, jwt.NoLimit, user.Limits.NatsLimits.Payload)
	require.Positive(t, user.IssuedAt)
}

func TestQuestionsThatCannotBeAnsweredAreRefused(t *testing.T) {
	t.Parallel()
	otherKind, _ := question(t, func(c *jwt.AuthorizationRequestClaims) { c.Audience = "somebody" })
	noKey, _ := question(t, func(c *jwt.AuthorizationRequestClaims) { c.UserNkey = "UXXX" })
	noServer, _ := question(t, func(c *jwt.AuthorizationRequestClaims) { c.Server.ID = "" })
	for name, data := range map[string]string{
		"empty": "", "no token": "x", "two parts": "a.b", "four parts": "a.b.c.d", "not base64": "a.!.c", "too large": strings.Repeat("a", 64<<10+1),
		"not JSON": "a." + base64.RawURLEncoding.EncodeToString([]byte("{")) + ".c", "other kind": otherKind, "no user key": noKey, "no server": noServer,
	} {
		_, err := bus.ParseAuthRequest([]byte(data))
		require.Error(t, err, name)
	}
}

func FuzzParseAuthRequest(f *testing.F) {
	token, _ := question(f, nil)
	f.Add([]byte(token))
	f.Add([]byte("a.e30.c"))
	f.Fuzz(func(t *testing.T, data []byte) {
		req, err := bus.ParseAuthRequest(data)
		if err == nil && req.ServerID == "" {
			t.Fatal("accepted a question of no server")
		}
	})
}

func BenchmarkAnswer(b *testing.B) {
	token, _ := question(b, nil)
	s, _ := signer(b)
	b.ReportAllocs()
	for b.Loop() {
		req, err := bus.ParseAuthRequest([]byte(token))
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.AllowAgent(req, req.User); err != nil {
			b.Fatal(err)
		}
	}
}
