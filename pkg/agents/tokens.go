package agents

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

// Refusals of a token. Anything else that Tokens returns means that the question could not be answered.
var (
	ErrUnknownToken = errors.New("unknown agent token")
	ErrForeignToken = errors.New("token of another agent")
	ErrDisabled     = errors.New("agent is disabled")
)

const (
	identityChannel = "agent_identity" // notifications of the schema: an agent or token is gone or changed
	lookupLimit     = 8                // concurrent database look-ups of unknown tokens
	lookupTimeout   = 2 * time.Second
	unknownFor      = 30 * time.Second // how long a wrong token is refused without asking again
	unknownMax      = 10_000
	listenRetryMin  = 250 * time.Millisecond
	listenRetryMax  = 10 * time.Second
)

// Identity is who a token belongs to.
type Identity struct {
	PK       int32
	AgentID  string
	Hostname string
	Plat     string
	Disabled bool
}

type tokenHash = [sha256.Size]byte

// HashToken is the form in which agent tokens are stored.
func HashToken(token string) [sha256.Size]byte { return sha256.Sum256([]byte(token)) }

// Tokens answers who a token belongs to, from memory. It is filled before the first use by Run and follows the database's
// own notifications, so that a deleted or disabled agent is refused within moments whoever changed it. While the database
// is away it answers from what it knows. It is safe for concurrent use.
type Tokens struct {
	pool   *pgxpool.Pool
	q      *agentsdb.Queries
	log    *zap.Logger
	now    func() time.Time
	lookup chan struct{}

	mu      sync.RWMutex
	byHash  map[tokenHash]Identity
	byAgent map[string][]tokenHash
	unknown map[tokenHash]time.Time // until when
	changes uint64                  // grows with every invalidation: a look-up that began before one is not kept
	loaded  chan struct{}
	once    sync.Once
	onGone  func(agentID string)
}

// NewTokens returns an empty cache: it works at once, by single look-ups, and quickly once Run has filled it.
func NewTokens(pool *pgxpool.Pool, log *zap.Logger, now func() time.Time) *Tokens {
	if now == nil {
		now = time.Now
	}
	return &Tokens{
		pool: pool, q: agentsdb.New(), log: log, now: now, lookup: make(chan struct{}, lookupLimit),
		byHash: map[tokenHash]Identity{}, byAgent: map[string][]tokenHash{}, unknown: map[tokenHash]time.Time{},
		loaded: make(chan struct{}),
	}
}

// OnChange sets a function that is called, from Run's goroutine, with the id of every agent whose identity changed or is
// gone. The bus side disconnects such agents. Set it before Run.
func (t *Tokens) OnChange(f func(agentID string)) { t.onGone = f }

// Loaded is closed once the first complete load is done: services wait for it before they accept a storm of connections.
func (t *Tokens) Loaded() <-chan struct{} { return t.loaded }

// Authenticate returns the identity behind a token that must belong to the agent.
func (t *Tokens) Authenticate(ctx context.Context, agentID, token string) (Identity, error) {
	id, err := t.ByToken(ctx, token)
	if err != nil {
		return Identity{}, err
	}
	if id.AgentID != agentID {
		return Identity{}, ErrForeignToken
	}
	return id, nil
}

// ByToken returns the identity behind a token.
func (t *Tokens) ByToken(ctx context.Context, token string) (Identity, error) {
	hash := HashToken(token)
	t.mu.RLock()
	id, known := t.byHash[hash]
	until, refused := t.unknown[hash]
	changes := t.changes
	t.mu.RUnlock()
	if known {
		return id.enabled()
	}
	if refused && t.now().Before(until) {
		return Identity{}, ErrUnknownToken
	}
	return t.ask(ctx, hash, changes)
}

func (id Identity) enabled() (Identity, error) {
	if id.Disabled {
		return Identity{}, ErrDisabled
	}
	return id, nil
}

// ask looks a token up in the database: one that was issued a moment ago by another process, or a wrong one.
func (t *Tokens) ask(ctx context.Context, hash tokenHash, changes uint64) (Identity, error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	select {
	case t.lookup <- struct{}{}:
		defer func() { <-t.lookup }()
	case <-ctx.Done():
		return Identity{}, fmt.Errorf("look up agent token: %w", ctx.Err())
	}
	row, err := t.q.GetToken(ctx, t.pool, hash[:])
	if errors.Is(err, pgx.ErrNoRows) {
		t.refuse(hash)
		return Identity{}, ErrUnknownToken
	}
	if err != nil {
		return Identity{}, fmt.Errorf("look up agent token: %w", err)
	}
	id := Identity{PK: row.ID, AgentID: row.AgentID, Hostname: row.Hostname, Plat: row.Plat, Disabled: row.Disabled}
	t.keep(hash, id, changes)
	return id.enabled()
}

func (t *Tokens) keep(hash tokenHash, id Identity, changes uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changes != changes {
		return
	}
	delete(t.unknown, hash)
	if _, have := t.byHash[hash]; !have {
		t.byAgent[id.AgentID] = append(t.byAgent[id.AgentID], hash)
	}
	t.byHash[hash] = id
}

// refuse remembers a wrong token for a while. The memory is bounded: when it is full, what has expired goes, and if that is
// not enough, everything.
func (t *Tokens) refuse(hash tokenHash) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	if len(t.unknown) >= unknownMax {
		for h, until := range t.unknown {
			if !now.Before(until) {
				delete(t.unknown, h)
			}
		}
		if len(t.unknown) >= unknownMax {
			clear(t.unknown)
		}
	}
	t.unknown[hash] = now.Add(unknownFor)
}

// Forget drops what is known of an agent, so that the next use of its token asks the database.
func (t *Tokens) Forget(agentID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.changes++
	for _, hash := range t.byAgent[agentID] {
		delete(t.byHash, hash)
	}
	delete(t.byAgent, agentID)
	clear(t.unknown)
}

// Len returns how many tokens are in memory.
func (t *Tokens) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.byHash)
}
