package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/gueencode/gueenrmm/pkg/platform/health"
)

// Beginner starts transactions: a pool or a single connection.
type Beginner interface {
	BeginTx(ctx context.Context, o pgx.TxOptions) (pgx.Tx, error)
}

// Tries and first pause when the database asks to repeat a transaction.
const (
	txTries = 5
	txPause = 5 * time.Millisecond
)

// rollbackWithin bounds the rollback after a failure; it must work although the caller's context has ended.
const rollbackWithin = 5 * time.Second

// InTx runs fn in a transaction (read committed) and commits it. When fn errs the transaction is rolled back and the
// error returned unchanged. When the database ends the transaction because of concurrent work (serialization failure,
// deadlock) fn is run again, up to five times: it must not keep anything from an earlier run. Use only tx inside fn; the
// pool would wait for a second connection while this one is held.
func InTx(ctx context.Context, db Beginner, fn func(tx pgx.Tx) error) error {
	return InTxWith(ctx, db, pgx.TxOptions{}, fn)
}

// InTxWith is InTx with options, for example pgx.Serializable.
func InTxWith(ctx context.Context, db Beginner, o pgx.TxOptions, fn func(tx pgx.Tx) error) error {
	pause := txPause
	for try := 1; ; try++ {
		err := once(ctx, db, o, fn)
		if err == nil || try == txTries || !Repeatable(err) {
			return err
		}
		timer := time.NewTimer(health.Jitter(pause))
		select {
		case <-ctx.Done():
			timer.Stop()
			return err
		case <-timer.C:
		}
		pause *= 2
	}
}

func once(ctx context.Context, db Beginner, o pgx.TxOptions, fn func(tx pgx.Tx) error) (err error) {
	tx, err := db.BeginTx(ctx, o)
	if err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	committed := false
	defer func() { // also when fn panics: the connection must not go back to the pool inside a transaction
		if committed {
			return
		}
		rctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackWithin)
		defer cancel()
		if rerr := tx.Rollback(rctx); rerr != nil && !errors.Is(rerr, pgx.ErrTxClosed) {
			err = errors.Join(err, fmt.Errorf("roll back: %w", rerr))
		}
	}()
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit transaction: %w", err)
	}
	committed = true
	return nil
}

// Repeatable says whether the database asks for the transaction to be run again.
func Repeatable(err error) bool {
	switch Code(err) {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	}
	return false
}

// Code returns the SQLSTATE of an error of the server, or "".
func Code(err error) string {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		return pe.Code
	}
	return ""
}

// Constraint returns the name of the constraint that was violated when err has the SQLSTATE code, for example 23505
// (unique) or 23503 (foreign key), else "".
func Constraint(err error, code string) string {
	var pe *pgconn.PgError
	if errors.As(err, &pe) && pe.Code == code {
		return pe.ConstraintName
	}
	return ""
}
