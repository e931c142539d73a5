// Package accounts holds the people who use the product: users, their passwords and second factors, sessions, API keys and
// roles (domain.md §10, rest-1.md §1.3, §1.6, §3, §4). It turns credentials into access.Principals. Agents are no users.
package accounts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
)

// User is an account as administrators see it. Its JSON form is the contract's User, which is also what the audit log keeps.
type User struct {
	ID                  int32      `json:"id" db:"id"`
	Username            string     `json:"username" db:"username"`
	FirstName           string     `json:"first_name" db:"first_name"`
	LastName            string     `json:"last_name" db:"last_name"`
	Email               string     `json:"email" db:"email"`
	IsActive            bool       `json:"is_active" db:"is_active"`
	LastLogin           *time.Time `json:"last_login" db:"last_login"`
	LastLoginIP         *string    `json:"last_login_ip" db:"last_login_ip"`
	Role                *int32     `json:"role" db:"role_id"`
	BlockDashboardLogin bool       `json:"block_dashboard_login" db:"block_dashboard_login"`
	DateFormat          *string    `json:"date_format" db:"date_format"`
}

// Preferences is what a user chooses for the web app (rest-1.md §4, PATCH /accounts/users/ui/).
type Preferences struct {
	DarkMode                 bool    `json:"dark_mode" db:"dark_mode"`
	ShowCommunityScripts     bool    `json:"show_community_scripts" db:"show_community_scripts"`
	AgentDblclickAction      string  `json:"agent_dblclick_action" db:"agent_dblclick_action"`
	URLAction                *int32  `json:"url_action" db:"url_action_id"`
	DefaultAgentTblTab       string  `json:"default_agent_tbl_tab" db:"default_agent_tbl_tab"`
	ClientTreeSort           string  `json:"client_tree_sort" db:"client_tree_sort"`
	ClientTreeSplitter       int32   `json:"client_tree_splitter" db:"client_tree_splitter"`
	LoadingBarColor          string  `json:"loading_bar_color" db:"loading_bar_color"`
	DashInfoColor            string  `json:"dash_info_color" db:"dash_info_color"`
	DashPositiveColor        string  `json:"dash_positive_color" db:"dash_positive_color"`
	DashNegativeColor        string  `json:"dash_negative_color" db:"dash_negative_color"`
	DashWarningColor         string  `json:"dash_warning_color" db:"dash_warning_color"`
	ClearSearchWhenSwitching bool    `json:"clear_search_when_switching" db:"clear_search_when_switching"`
	BlockDashboardLogin      bool    `json:"block_dashboard_login" db:"block_dashboard_login"`
	DateFormat               *string `json:"date_format" db:"date_format"`
}

// Session is one signed-in browser or one installer token. Digest identifies it; the token itself is not stored.
type Session struct {
	Digest  string
	User    string
	Created time.Time
	Expiry  *time.Time
}

// APIKey is a key of a script. It acts as its user.
type APIKey struct {
	ID           int32
	Name         string
	Key          string
	Expiration   *time.Time
	UserID       int32
	Username     string
	CreatedBy    *string
	CreatedTime  *time.Time
	ModifiedBy   *string
	ModifiedTime *time.Time
}

// Lifetimes of tokens (rest-1.md §1.3).
const (
	sessionLifetime = 5 * time.Hour
	sessionSlack    = 10 * time.Minute // an extension smaller than this is not worth a write
	setupLifetime   = 3 * time.Minute

	// DefaultSessionMaxAge is the absolute life of a session.
	DefaultSessionMaxAge = 30 * 24 * time.Hour
)

// LimitStore counts tries in sliding windows; rest's throttle stores have this shape.
type LimitStore interface {
	Take(ctx context.Context, key string, limit int, window time.Duration, now time.Time) (wait time.Duration, err error)
}

// Deps are what the service needs.
type Deps struct {
	Pool   *pgxpool.Pool
	Audit  *audit.Log
	Hasher *Hasher
	Box    *seal.Box        // seals second factors and API keys; nil: they are stored in clear
	Now    func() time.Time // nil: time.Now
	Log    *zap.Logger      // nil: nothing is logged
	Facts  Facts            // nil: nobody is told

	// LocalLogonBlocked says whether only the superusers may sign in with a password (core setting
	// block_local_user_logon). nil: never.
	LocalLogonBlocked func(ctx context.Context) (bool, error)
	// Limits counts tries per account; nil: no limit beyond the throttle of the operation.
	Limits LimitStore

	// MinPassword is the number of characters that a new password needs; 0: DefaultMinPassword. Old ones go on working.
	MinPassword int
	RootUser    string // this account cannot be changed by others (rest-1.md §1.12); "" for none
	// SessionMaxAge ends a session however much it is used; 0: 30 days. Unused ones end after five hours.
	SessionMaxAge time.Duration
	WebDomain     string // issuer of second factors: host of the first web origin
	Demo          bool
}

// Service manages accounts.
type Service struct {
	Deps
	principals principalCache
}

// New returns a Service.
func New(d Deps) *Service {
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	if d.MinPassword <= 0 {
		d.MinPassword = DefaultMinPassword
	}
	if d.SessionMaxAge <= 0 {
		d.SessionMaxAge = DefaultSessionMaxAge
	}
	if d.LocalLogonBlocked == nil {
		d.LocalLogonBlocked = func(context.Context) (bool, error) { return false, nil }
	}
	return &Service{Deps: d, principals: principalCache{entries: map[int32]cachedPrincipal{}}}
}

// querier is what the service's statements need of a pool or a transaction.
type querier = postgres.Querier

// inTx runs fn in a transaction, again when it met another one in a deadlock.
func (s *Service) inTx(ctx context.Context, fn func(tx pgx.Tx) error) error {
	return postgres.InTx(ctx, s.Pool, fn)
}

func wrap(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", operation, err)
}
