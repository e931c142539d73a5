package settings

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Zones lists the IANA time zone names that the database knows, so that what a form offers is what a query can use. The
// list is read once per process: it changes only with the installed packages.
type Zones struct {
	pool *pgxpool.Pool

	mu    sync.Mutex
	names []string
}

// NewZones returns the list's reader.
func NewZones(pool *pgxpool.Pool) *Zones { return &Zones{pool: pool} }

// Names returns the names in order. The slice is shared and must not be changed.
func (z *Zones) Names(ctx context.Context) ([]string, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if z.names != nil {
		return z.names, nil
	}
	rows, err := z.pool.Query(ctx, `SELECT name FROM pg_timezone_names ORDER BY name COLLATE "C"`)
	if err != nil {
		return nil, fmt.Errorf("list time zones: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("list time zones: %w", err)
	}
	names := make([]string, 0, len(all))
	for _, name := range all {
		if strings.HasPrefix(name, "posix/") || strings.HasPrefix(name, "right/") || name == "posixrules" || name == "localtime" || name == "Factory" {
			continue // file names of the zone database, not zones
		}
		names = append(names, name)
	}
	z.names = names
	return names, nil
}
