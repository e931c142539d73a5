package rest

import (
	"context"
	"net/http"
	"strings"
	"unicode"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// Users turns the credentials of people and scripts into principals. Refusals are fault.Unauthenticated, or
// fault.Forbidden for the short set-up token where setup is false.
type Users interface {
	Session(ctx context.Context, token string, setup bool) (*access.Principal, error)
	APIKey(ctx context.Context, key string) (*access.Principal, error)
}

// Agents turns an agent token into a principal of kind Agent.
type Agents interface {
	Agent(ctx context.Context, token string) (*access.Principal, error)
}

// The texts of rest-1.md §1.3.
const (
	msgNoCredentials = "Authentication credentials were not provided."
	msgTokenEmpty    = "Invalid token header. No credentials provided."
	msgTokenSpaces   = "Invalid token header. Token string should not contain spaces."
	msgTokenChars    = "Invalid token header. Token string should not contain invalid characters."
)

const maxCredential = 512 // bytes; anything longer is no credential of ours

// authenticate builds the caller. The session header is tried first and nothing falls through once a header is recognised.
func (r *Router) authenticate(ctx context.Context, req *http.Request, class Auth, setup bool) (*access.Principal, error) {
	if class == AuthPublic {
		return &access.Principal{Kind: access.Anonymous}, nil
	}
	token, found, err := tokenHeader(req.Header.Get("Authorization"))
	if err != nil {
		return nil, err
	}
	if class == AuthAgent {
		if !found || r.options.Agents == nil {
			return nil, fault.Unauthenticated(msgNoCredentials)
		}
		return r.options.Agents.Agent(ctx, token)
	}
	if found {
		return r.options.Users.Session(ctx, token, setup)
	}
	key := req.Header.Get("X-Api-Key")
	if key == "" || class == AuthSession {
		return nil, fault.Unauthenticated(msgNoCredentials)
	}
	if !plainText(key) {
		return nil, fault.Unauthenticated(msgTokenChars)
	}
	return r.options.Users.APIKey(ctx, key)
}

// tokenHeader takes the token out of "Token <token>"; other schemes are as good as no header.
func tokenHeader(header string) (token string, found bool, err error) {
	words := strings.Fields(header)
	if len(words) == 0 || !strings.EqualFold(words[0], "token") {
		return "", false, nil
	}
	switch {
	case len(words) == 1:
		return "", false, fault.Unauthenticated(msgTokenEmpty)
	case len(words) > 2:
		return "", false, fault.Unauthenticated(msgTokenSpaces)
	case !plainText(words[1]):
		return "", false, fault.Unauthenticated(msgTokenChars)
	}
	return words[1], true, nil
}

func plainText(s string) bool {
	if len(s) > maxCredential {
		return false
	}
	for _, c := range s {
		if c > unicode.MaxASCII || c < ' ' {
			return false
		}
	}
	return true
}

// authorise answers the permission part of an operation that does not leave it to its handler.
func (c *Call) authorise() error {
	op := c.Operation
	switch {
	case op.Permission != "":
		return c.Require(op.Permission)
	case len(op.AnyPermission) > 0:
		return c.Require(op.AnyPermission...)
	case op.NoPermission != "":
		return c.Allow(op.NoPermission)
	}
	return nil
}
