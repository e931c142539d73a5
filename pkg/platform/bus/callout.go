package bus

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
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

// The kind of token that the server's question is, and the version of the tokens that are written.
const (
	authRequestAudience = "nats-authorization-request"
	tokenVersion        = 2
)

// tokenHeader is the first part of every token, {"typ":"JWT","alg":"ed25519-nkey"}, with the dot behind it.
const tokenHeader = "eyJ0eXAiOiJKV1QiLCJhbGciOiJlZDI1NTE5LW5rZXkifQ." //nolint:gosec // no credential: what every token begins with

// AuthRequest is the part of the server's question that decides.
type AuthRequest struct {
	ServerID string
	Host     string // the client's address
	User     string
	Password string
	ClientID uint64
	userKey  string
}

// authRequestClaims is what of the question's token is read.
type authRequestClaims struct {
	Audience string `json:"aud"`
	NATS     struct {
		Server struct {
			ID string `json:"id"`
		} `json:"server_id"`
		UserKey string `json:"user_nkey"`
		Client  struct {
			Host string `json:"host"`
			ID   uint64 `json:"id"`
		} `json:"client_info"`
		Options struct {
			User     string `json:"user"`
			Password string `json:"pass"`
		} `json:"connect_opts"`
	} `json:"nats"`
}

// ParseAuthRequest decodes the server's question. Its signature is not verified: the token names its own key, so that it
// would only say that the question is whole. That it comes from a server is certain because nobody else may publish on
// AuthSubject in the AUTH account, and verifying it costs as much as everything else of an answer but its signatures.
func ParseAuthRequest(data []byte) (*AuthRequest, error) {
	if len(data) > maxAuthRequest {
		return nil, errors.New("authorization request is too large")
	}
	parts := bytes.Split(data, []byte("."))
	if len(parts) != 3 {
		return nil, errors.New("authorization request is no token")
	}
	text, err := base64.RawURLEncoding.AppendDecode(make([]byte, 0, len(parts[1])), parts[1])
	if err != nil {
		return nil, fmt.Errorf("decode authorization request: %w", err)
	}
	var c authRequestClaims
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("decode authorization request: %w", err)
	}
	if c.Audience != authRequestAudience || c.NATS.Server.ID == "" || !nkeys.IsValidPublicUserKey(c.NATS.UserKey) {
		return nil, errors.New("authorization request lacks what an answer needs")
	}
	n := &c.NATS
	return &AuthRequest{
		ServerID: n.Server.ID, Host: n.Client.Host, ClientID: n.Client.ID, User: n.Options.User, Password: n.Options.Password, userKey: n.UserKey,
	}, nil
}

// Signer answers authorization requests with signed user tokens. It keeps the expanded key: deriving it from the seed for
// each signature, as the libraries do, costs more than signing. It is safe for concurrent use.
type Signer struct {
	key    ed25519.PrivateKey
	issuer string
}

// NewSigner returns a signer for the installation's issuer seed.
func NewSigner(seed string) (*Signer, error) {
	issuer, err := IssuerPublicKey(seed)
	if err != nil {
		return nil, err
	}
	_, raw, err := nkeys.DecodeSeed([]byte(seed))
	if err != nil {
		return nil, fmt.Errorf("nats issuer seed: %w", err)
	}
	return &Signer{key: ed25519.NewKeyFromSeed(raw), issuer: issuer}, nil
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
	user.Type, user.Version = jwt.UserClaim, tokenVersion
	token, err := s.sign(&user.ClaimsData, user)
	if err != nil {
		return nil, fmt.Errorf("sign agent's user token: %w", err)
	}
	answer := jwt.NewAuthorizationResponseClaims(req.userKey)
	answer.Audience = req.ServerID
	answer.Jwt = string(token)
	answer.Type, answer.Version = jwt.AuthorizationResponseClaim, tokenVersion
	data, err := s.sign(&answer.ClaimsData, answer)
	if err != nil {
		return nil, fmt.Errorf("sign authorization response: %w", err)
	}
	return data, nil
}

// Refusal is the answer that refuses a client: an empty message, which the server takes for a refusal without a token to
// verify. The reason is in the responder's log and metrics, not in the server's.
func Refusal() []byte { return nil }

// sign encodes the claims as a token. Unlike the library it leaves out the token's id, a hash over the claims that nobody reads.
func (s *Signer) sign(data *jwt.ClaimsData, claims any) ([]byte, error) {
	data.Issuer, data.IssuedAt = s.issuer, time.Now().Unix()
	text, err := json.Marshal(claims)
	if err != nil {
		return nil, err
	}
	encoding := base64.RawURLEncoding
	token := make([]byte, 0, len(tokenHeader)+encoding.EncodedLen(len(text))+1+encoding.EncodedLen(ed25519.SignatureSize))
	token = append(token, tokenHeader...)
	token = encoding.AppendEncode(token, text)
	signature := ed25519.Sign(s.key, token)
	return encoding.AppendEncode(append(token, '.'), signature), nil
}
