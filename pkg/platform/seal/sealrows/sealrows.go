// Package sealrows seals what columns hold in clear or under an older key.
package sealrows

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
	"github.com/gueencode/gueenrmm/pkg/platform/seal"
)

// piece is how many rows are sealed in one transaction.
const piece = 500

// Column is one whose values are sealed.
type Column struct {
	Next  string // statement with $1 the last id, $2 the beginning of fresh values and $3 a limit: id, value, hash; it locks its rows
	Store string // statement with $1 ids, $2 values
	Place func(id int32, hash []byte) string
}

// Seal seals the columns' values and says how many that were. Values whose key is not known stay as they are. It does nothing
// without a key.
func Seal(ctx context.Context, pool *pgxpool.Pool, box *seal.Box, columns ...Column) (sealed int, err error) {
	if !box.Known() {
		return 0, nil
	}
	for _, c := range columns {
		for last := int32(0); last >= 0; {
			var n int
			if n, last, err = c.seal(ctx, pool, box, last); err != nil {
				return sealed, fmt.Errorf("seal stored secrets: %w", err)
			}
			sealed += n
		}
	}
	return sealed, nil
}

// seal seals the rows after the given one; last is below 0 when there are no more.
func (c Column) seal(ctx context.Context, pool *pgxpool.Pool, box *seal.Box, after int32) (sealed int, last int32, err error) {
	last = -1
	err = postgres.InTx(ctx, pool, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, c.Next, after, box.Fresh(), piece)
		if err != nil {
			return err
		}
		var (
			id    int32
			text  string
			hash  []byte
			ids   []int32
			texts []string
			seen  int
		)
		_, err = pgx.ForEachRow(rows, []any{&id, &text, &hash}, func() error {
			if seen++; seen == piece {
				last = id
			}
			place := c.Place(id, hash)
			plain, err := box.Open(place, text)
			if err != nil {
				return nil //nolint:nilerr // of a key that is not known: its row says so when it is used
			}
			ids, texts = append(ids, id), append(texts, box.Seal(place, plain))
			return nil
		})
		if err != nil || len(ids) == 0 {
			return err
		}
		tag, err := tx.Exec(ctx, c.Store, ids, texts)
		sealed = int(tag.RowsAffected())
		return err
	})
	return sealed, last, err
}
