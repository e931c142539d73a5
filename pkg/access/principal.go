// Package access says who is calling and what the caller may touch. It holds no storage: accounts builds a Principal
// from a session, an API key or an agent token, and every operation and tenant query takes what it needs from it.
package access

import (
	"context"
	"slices"
)

// Kind says by which credential the caller came.
type Kind string

// The kinds of caller.
const (
	Anonymous Kind = "anonymous"
	Session   Kind = "session"
	APIKey    Kind = "api_key"
	Agent     Kind = "agent"
	System    Kind = "system" // the product itself: jobs, the operator's command line
)

// Principal is the caller of an operation.
type Principal struct {
	Kind          Kind
	UserID        int32
	Username      string
	Super         bool   // the user's own flag, or the role's
	UserSuper     bool   // the user's own flag alone: local-logon rules look at it
	Installer     bool   // the one account that owns installer tokens
	InstallSite   *int32 // the only site at which this installer token enrols; nil: any
	BlockedLogin  bool   // dashboard login blocked: WebSockets refuse it, REST does not (rest-1.md §1.3)
	RoleID        *int32
	RoleName      string
	Permissions   map[Permission]bool
	Scope         Scope
	SessionDigest string // the session's public identifier; set for Kind Session
	AgentID       string // set for Kind Agent
	AgentPK       int32  // set for Kind Agent
	IP            string // client address (rest-1.md §1.10)
}

// Can says whether the caller's flags allow p. Scope is a separate question.
func (p *Principal) Can(perm Permission) bool {
	return p != nil && (p.Super || p.Permissions[perm])
}

// Authenticated says whether a person or a key is behind the call.
func (p *Principal) Authenticated() bool {
	return p != nil && p.Kind != Anonymous && p.Kind != ""
}

// Scope limits a caller to clients and sites (rest-1.md §1.6). The zero value reaches nothing.
type Scope struct {
	All     bool
	Clients []int32
	Sites   []int32
}

// Everything is the scope without limits.
func Everything() Scope { return Scope{All: true} }

// Agent says whether an agent of the given client and site is inside the scope. It is also the rule for sites.
func (s Scope) Agent(client, site int32) bool {
	return s.All || slices.Contains(s.Clients, client) || slices.Contains(s.Sites, site)
}

// Client says whether a whole client is inside the scope. A role limited only to sites does not reach whole clients; the
// reference lets it, which rest-1.md Annex D lists as safe to improve.
func (s Scope) Client(client int32) bool {
	return s.All || slices.Contains(s.Clients, client)
}

type contextKey struct{}

// With returns a context that carries the caller.
func With(ctx context.Context, p *Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// From returns the caller, or an anonymous one.
func From(ctx context.Context) *Principal {
	if p, ok := ctx.Value(contextKey{}).(*Principal); ok && p != nil {
		return p
	}
	return &Principal{Kind: Anonymous}
}
