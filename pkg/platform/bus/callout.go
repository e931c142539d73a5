package bus

import (
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"github.com/gueencode/gueenrmm/proto/subjects"
)

// AuthSubject is where the server asks whether a client may connect; responders share it in a queue group.
const AuthSubject = "$SYS.REQ.USER.AUTH"

// maxAgentSubscriptions bounds one agent connection. An agent needs one.
const maxAgentSubscriptions = 4

// maxAuthRequest bounds what is decoded; a request of a client with ordinary credentials has under 2 KB.
const maxAuthRequest = 64 << 10

// AuthRequest is the part of the server's question that decides.
type AuthRequest struct {
	ServerID string
	Host     string // the client's address
	User     string
	Password string
	ClientID uint64
	userKey  string
}

// ParseAuthRequest decodes and verifies the server's question.
func ParseAuthRequest(data []byte) (*AuthRequest, error) {
	if len(data) > maxAuthRequest {
		return nil, errors.New("authorization request is too large")
	}
	claims, err := jwt.DecodeAuthorizationRequestClaims(string(data))
	if err != nil {
		return nil, fmt.Errorf("decode authorization request: %w", err)
	}
	return &AuthRequest{
		ServerID: claims.Server.ID, Host: claims.ClientInformation.Host, ClientID: claims.ClientInformation.ID,
		User: claims.ConnectOptions.Username, Password: claims.ConnectOptions.Password, userKey: claims.UserNkey,
	}, nil
}

// Signer answers authorization requests with signed user tokens.
type Signer struct{ key nkeys.KeyPair }

// NewSigner returns a signer for the installation's issuer seed.
func NewSigner(seed string) (*Signer, error) {
	if _, err := IssuerPublicKey(seed); err != nil {
		return nil, err
	}
	key, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return nil, fmt.Errorf("nats issuer seed: %w", err)
	}
	return &Signer{key: key}, nil
}

// AllowAgent admits the client as the agent with exactly the permissions of agent-protocol.md §8: publish on its own id
// (known to the server as its check-in subject, see accountsConfig) and its two stream subjects, subscribe to its own id,
// answer each request once within ResponseWindow.
func (s *Signer) AllowAgent(req *AuthRequest, agentID string) ([]byte, error) {
	user := jwt.NewUserClaims(req.userKey)
	user.Name = agentID
	user.Audience = AccountAgents
	user.Pub.Allow.Add(subjects.CheckIn(agentID), subjects.AgentCommandOutput(agentID), subjects.AgentTerminals(agentID))
	user.Sub.Allow.Add(subjects.Agent(agentID))
	user.Resp = &jwt.ResponsePermission{MaxMsgs: 1, Expires: ResponseWindow}
	user.Subs = maxAgentSubscriptions
	token, err := user.Encode(s.key)
	if err != nil {
		return nil, fmt.Errorf("sign agent's user token: %w", err)
	}
	return s.respond(req, token, "")
}

// Deny refuses the client. The reason goes to the server's log only.
func (s *Signer) Deny(req *AuthRequest, reason string) ([]byte, error) {
	return s.respond(req, "", reason)
}

func (s *Signer) respond(req *AuthRequest, token, reason string) ([]byte, error) {
	answer := jwt.NewAuthorizationResponseClaims(req.userKey)
	answer.Audience = req.ServerID
	answer.Jwt = token
	answer.Error = reason
	answer.IssuedAt = time.Now().Unix()
	data, err := answer.Encode(s.key)
	if err != nil {
		return nil, fmt.Errorf("sign authorization response: %w", err)
	}
	return []byte(data), nil
}
