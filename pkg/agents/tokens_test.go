package agents_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/agents"
)

// patience is for whatever must happen; busy machines are slow.
const patience = time.Minute

// run starts the cache's loop for the length of the test.
func run(t *testing.T, tokens *agents.Tokens) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- tokens.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	select {
	case <-tokens.Loaded():
	case <-time.After(patience):
		t.Fatal("tokens were not loaded")
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref, token := b.enrol(t, machine(someID, b.site1))
	var gone atomic.Value
	tokens := agents.NewTokens(b.pool, zap.NewNop(), nil)
	tokens.OnChange(func(id string) { gone.Store(id) })
	run(t, tokens)
	require.Equal(t, 1, tokens.Len())

	id, err := tokens.Authenticate(t.Context(), someID, token)
	require.NoError(t, err)
	require.Equal(t, ref.PK, id.PK)
	_, err = tokens.Authenticate(t.Context(), strings.Repeat("x", 40), token)
	require.ErrorIs(t, err, agents.ErrForeignToken)
	_, err = tokens.ByToken(t.Context(), "wrong")
	require.ErrorIs(t, err, agents.ErrUnknownToken)

	// A token issued after the load is valid at once.
	_, second := b.enrol(t, machine(strings.Repeat("s", 40), b.site1))
	_, err = tokens.ByToken(t.Context(), second)
	require.NoError(t, err)

	// Disabling, whoever does it, is known within moments; so is the end of it, and deletion.
	_, err = b.pool.Exec(t.Context(), `UPDATE agents SET disabled = true WHERE id = $1`, ref.PK)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := tokens.ByToken(t.Context(), token)
		return errors.Is(err, agents.ErrDisabled) && gone.Load() == someID
	}, patience, 5*time.Millisecond)
	_, err = b.pool.Exec(t.Context(), `UPDATE agents SET disabled = false WHERE id = $1`, ref.PK)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		_, err := tokens.ByToken(t.Context(), token)
		return err == nil
	}, patience, 5*time.Millisecond)
	require.NoError(t, b.service.Delete(as(t.Context(), admin()), ref))
	require.Eventually(t, func() bool {
		_, err := tokens.ByToken(t.Context(), token)
		return errors.Is(err, agents.ErrUnknownToken)
	}, patience, 5*time.Millisecond)
}

func TestTokensAnswerFromMemoryWithoutDatabase(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, token := b.enrol(t, machine(someID, b.site1))
	pool, err := pgxpool.NewWithConfig(t.Context(), b.pool.Config())
	require.NoError(t, err)
	tokens := agents.NewTokens(pool, zap.NewNop(), nil)
	run(t, tokens)
	pool.Close()
	_, err = tokens.Authenticate(t.Context(), someID, token)
	require.NoError(t, err)
	_, err = tokens.ByToken(t.Context(), "never seen")
	require.Error(t, err)
	require.NotErrorIs(t, err, agents.ErrUnknownToken, "not knowing is not refusing")
}

func TestTokensReloadAfterTheConnectionWasLost(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref, token := b.enrol(t, machine(someID, b.site1))
	tokens := agents.NewTokens(b.pool, zap.NewNop(), nil)
	run(t, tokens)
	// The listening connection dies, and the agent with it: the notification is lost.
	require.Eventually(t, func() bool {
		tag, err := b.pool.Exec(t.Context(), `
			WITH killed AS (SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%')
			DELETE FROM agents WHERE id = $1 AND EXISTS (SELECT 1 FROM killed)`, ref.PK)
		return err == nil && tag.RowsAffected() == 1
	}, patience, 10*time.Millisecond)
	require.Eventually(t, func() bool {
		_, err := tokens.ByToken(t.Context(), token)
		return errors.Is(err, agents.ErrUnknownToken)
	}, patience, 10*time.Millisecond)
}

func BenchmarkTokensByToken(b *testing.B) {
	s := setup(b)
	_, token := s.enrol(b, machine(someID, s.site1))
	tokens := agents.NewTokens(s.pool, zap.NewNop(), nil)
	_, err := tokens.ByToken(b.Context(), token)
	require.NoError(b, err)
	for b.Loop() {
		if _, err := tokens.ByToken(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
