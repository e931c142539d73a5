package agents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

const loadRounds = 5

// Run fills the cache and follows the database's notifications until the context ends. It listens first and loads then, so
// that nothing falls between. When the connection is lost it keeps what it knows, connects again with growing pauses and
// loads everything anew; it logs the loss and the return, not each try.
func (t *Tokens) Run(ctx context.Context) error {
	pause, away := listenRetryMin, false
	for {
		following, err := t.follow(ctx, func() {
			if away {
				t.log.Info("agent token cache follows the database again")
			}
			pause, away = listenRetryMin, false
		})
		if ctx.Err() != nil {
			return nil //nolint:nilerr // told to stop, which is no failure
		}
		if following || !away {
			t.log.Warn("agent token cache lost the database and answers from memory", zap.Error(err))
			away = true
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		}
		pause = min(2*pause, listenRetryMax)
	}
}

// follow listens on a connection of its own: the pool's are too few to give one away for good.
func (t *Tokens) follow(ctx context.Context, ready func()) (following bool, err error) {
	conn, err := pgx.ConnectConfig(ctx, t.pool.Config().ConnConfig)
	if err != nil {
		return false, fmt.Errorf("connect: %w", err)
	}
	defer func() {
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if closeErr := conn.Close(end); closeErr != nil && ctx.Err() == nil {
			err = errors.Join(err, closeErr)
		}
	}()
	if _, err = conn.Exec(ctx, "LISTEN "+identityChannel); err != nil {
		return false, fmt.Errorf("listen: %w", err)
	}
	if err = t.load(ctx); err != nil {
		return false, err
	}
	ready()
	for {
		note, waitErr := conn.WaitForNotification(ctx)
		if waitErr != nil {
			return true, fmt.Errorf("wait for notification: %w", waitErr)
		}
		t.Forget(note.Payload)
		if t.onGone != nil {
			t.onGone(note.Payload)
		}
	}
}

// load replaces the content of the cache by that of the database. What was forgotten while it was read may stand in the
// answer, so it is read again; after a few rounds the cache is left to fill by single look-ups.
func (t *Tokens) load(ctx context.Context) error {
	for range loadRounds {
		t.mu.RLock()
		changes := t.changes
		t.mu.RUnlock()
		rows, err := t.q.LoadTokens(ctx, t.pool)
		if err != nil {
			return fmt.Errorf("load agent tokens: %w", err)
		}
		if t.replace(rows, changes) {
			break
		}
	}
	t.once.Do(func() { close(t.loaded) })
	return nil
}

func (t *Tokens) replace(rows []agentsdb.LoadTokensRow, changes uint64) bool {
	byHash := make(map[tokenHash]Identity, len(rows))
	byAgent := make(map[string][]tokenHash, len(rows))
	for _, row := range rows {
		if len(row.TokenHash) != len(tokenHash{}) {
			continue
		}
		hash := tokenHash(row.TokenHash)
		byHash[hash] = Identity{PK: row.ID, AgentID: row.AgentID, Hostname: row.Hostname, Plat: row.Plat, Disabled: row.Disabled}
		byAgent[row.AgentID] = append(byAgent[row.AgentID], hash)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.changes != changes {
		return false
	}
	t.byHash, t.byAgent = byHash, byAgent
	clear(t.unknown)
	return true
}
