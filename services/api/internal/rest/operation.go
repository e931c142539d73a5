package rest

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
)

// Auth says which credential an operation takes (rest-1.md §1.3, agent-protocol.md §4.1).
type Auth string

// The classes of credential.
const (
	AuthPublic    Auth = "public"    // none; a credential that is sent anyway is not looked at
	AuthUser      Auth = "user"      // session token, or API key
	AuthSession   Auth = "session"   // session token only: logging out makes no sense with a key
	AuthInstaller Auth = "installer" // as AuthUser; marks the routes an installer token is made for
	AuthAgent     Auth = "agent"     // agent token
)

// Scope says which clients and sites limit an operation (rest-1.md §1.6). It documents the operation and lets the guard
// test ask for it; the decision is made with Principal.Scope in the context's query.
type Scope string

// The kinds of scope.
const (
	ScopeNone   Scope = ""       // the data belongs to no client
	ScopeAgent  Scope = "agent"  // one agent: unknown 404, outside 403
	ScopeClient Scope = "client" // one client: unknown 404, outside 403
	ScopeSite   Scope = "site"   // one site: unknown 404, outside 403
	ScopeList   Scope = "list"   // rows outside are left out
	ScopeSelf   Scope = "self"   // the caller's own row, or the agent's own rows
)

// Limits used where an operation sets none.
const (
	DefaultMaxBody = 2 << 20
	DefaultTimeout = 60 * time.Second
)

// Throttle bounds how often one address may call an operation without credentials (rest-1.md §1.8).
type Throttle struct {
	Name      string // counters of operations with the same name are shared
	PerMinute int
	PerDay    int
}

// Operation declares one method of one path as data. Everything the router, the guard test and the API description need to
// know about it is here; the handler holds only the work.
type Operation struct {
	Method string // GET, POST, PUT, PATCH, DELETE
	Path   string // "/accounts/{pk}/users/"; parameters are typed by the input's path fields

	ID          string // unique, stable, camelCase: "listUsers"; also the label of metrics and of audit rows
	Tag         string // the context: "accounts"
	Summary     string // one sentence without a full stop
	Description string // optional: what a caller must know beyond the summary

	Auth           Auth
	Permission     access.Permission // checked before the input is read
	AnyPermission  []access.Permission
	NoPermission   string // the reason why any caller of the Auth class may call it
	LatePermission string // the reason why only the handler can decide; it must call Call.Require or Call.Allow
	Scope          Scope
	Unaudited      string // why the audit log gets no row when this changes something: it only reads, or its traces are elsewhere
	Acts           bool   // a GET of the contract that changes something all the same
	AllowSetup     bool   // also for the short token that exists only to set up the second factor

	Status      int           // of success; 0 means 200 (204 when the output is Empty and NoContent is set)
	ContentType string        // of success; "" means application/json
	Outputs     []any         // zero values of the possible outputs when the output type is any
	Errors      []int         // further statuses, for the description
	Partial     bool          // absent fields stay as they are, required is not asked (rest-1.md §1.2)
	Throttle    *Throttle     // nil: none
	MaxBody     int64         // bytes; 0 means DefaultMaxBody
	Timeout     time.Duration // 0 means DefaultTimeout
	NoHead      bool          // function-style endpoint: HEAD is 405 (rest-1.md §1.2)
	NotInDemo   bool          // refused by a demo server before anything else (rest-1.md §1.12)
	AnyAccept   bool          // the reply is no JSON, so the Accept header does not decide
	Hidden      bool          // left out of the API description
	Frequent    bool          // called by every agent all the time: a success is logged at debug level only; metrics count it
}

var pathParam = regexp.MustCompile(`\{([a-z_]+)\}`)

// Problem says whether refusals are RFC 9457 problem documents: all of our own operations, none of the contract's.
func (o *Operation) Problem() bool { return strings.HasPrefix(o.Path, "/v1/") }

// Audited says whether a person's success must leave a row in the audit log.
func (o *Operation) Audited() bool {
	return (o.Method != http.MethodGet || o.Acts) && o.Unaudited == "" && o.Auth != AuthAgent
}

// Params returns the names of the path parameters in order.
func (o *Operation) Params() []string {
	found := pathParam.FindAllStringSubmatch(o.Path, -1)
	names := make([]string, len(found))
	for i, m := range found {
		names[i] = m[1]
	}
	return names
}

func (o *Operation) withDefaults() {
	if o.Status == 0 {
		o.Status = http.StatusOK
	}
	if o.ContentType == "" {
		o.ContentType = typeJSON
	}
	if o.MaxBody == 0 {
		o.MaxBody = DefaultMaxBody
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
}

// Check returns what is missing from the declaration. The guard test calls it for every operation of the product and the
// router refuses to start with an operation that does not pass.
func (o *Operation) Check() error {
	var missing []string
	need := func(ok bool, what string) {
		if !ok {
			missing = append(missing, what)
		}
	}
	switch o.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete:
	default:
		missing = append(missing, "method")
	}
	need(strings.HasPrefix(o.Path, "/"), "path")
	need(o.Problem() != strings.HasSuffix(o.Path, "/"), "trailing slash (contract routes have one, /v1/ routes none)")
	need(o.ID != "", "id")
	need(o.Tag != "", "tag")
	need(o.Summary != "" && !strings.HasSuffix(o.Summary, "."), "summary without a full stop")
	switch o.Auth {
	case AuthPublic, AuthUser, AuthSession, AuthInstaller, AuthAgent:
	default:
		missing = append(missing, "auth")
	}
	ways := 0
	for _, set := range []bool{o.Permission != "", len(o.AnyPermission) > 0, o.NoPermission != "", o.LatePermission != ""} {
		if set {
			ways++
		}
	}
	need(ways == 1, "exactly one of permission, any permission, no-permission reason, late-permission reason")
	need(o.Permission == "" || o.Auth == AuthUser || o.Auth == AuthSession || o.Auth == AuthInstaller, "a user for the permission")
	if len(missing) > 0 {
		return fmt.Errorf("operation %s %s (%s) lacks: %s", o.Method, o.Path, o.ID, strings.Join(missing, "; "))
	}
	return nil
}
