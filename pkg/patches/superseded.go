package patches

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/platform/postgres"
)

// titled is an update as the search for replaced ones sees it.
type titled struct {
	id    int64
	kb    string
	title string
}

// RemoveSuperseded deletes the updates of an agent that newer ones with the same article number replace.
func (s *Service) RemoveSuperseded(ctx context.Context, agentPK int32) error {
	err := postgres.InTx(ctx, s.pool, func(tx pgx.Tx) error { return removeSuperseded(ctx, tx, agentPK) })
	if err != nil {
		return fmt.Errorf("remove superseded updates: %w", err)
	}
	return nil
}

func removeSuperseded(ctx context.Context, tx pgx.Tx, agentPK int32) error {
	rows, err := tx.Query(ctx, `SELECT id, kb, coalesce(title, '') FROM win_updates u WHERE agent_id = $1 AND kb IN (
		SELECT kb FROM win_updates WHERE agent_id = $1 GROUP BY kb HAVING count(*) > 1)`, agentPK)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, func(r pgx.CollectableRow) (titled, error) {
		var t titled
		return t, r.Scan(&t.id, &t.kb, &t.title)
	})
	if err != nil {
		return err
	}
	if gone := superseded(found); len(gone) > 0 {
		_, err = tx.Exec(ctx, `DELETE FROM win_updates WHERE id = ANY ($1)`, gone)
	}
	return err
}

var versionInTitle = regexp.MustCompile(`\((?:Version|Versão)\s+([0-9][0-9.]*)\)`)

// superseded returns the ids of updates that one with the same article number and a higher version replaces. A group in
// which any title has no version is left alone (rest-2.md §8).
func superseded(updates []titled) []int64 {
	groups := map[string][]titled{}
	for _, u := range updates {
		groups[u.kb] = append(groups[u.kb], u)
	}
	var gone []int64
	for _, group := range groups {
		versions := make(map[int64][]int, len(group))
		for _, u := range group {
			if m := versionInTitle.FindStringSubmatch(u.title); m != nil {
				versions[u.id] = version(m[1])
			}
		}
		if len(versions) != len(group) {
			continue
		}
		newest := slices.MaxFunc(group, func(a, b titled) int {
			if c := slices.Compare(versions[a.id], versions[b.id]); c != 0 {
				return c
			}
			return cmp.Compare(a.id, b.id)
		})
		for _, u := range group {
			if u.id != newest.id {
				gone = append(gone, u.id)
			}
		}
	}
	slices.Sort(gone)
	return gone
}

func version(text string) []int {
	var parts []int
	for _, p := range strings.Split(text, ".") {
		n, err := strconv.Atoi(p)
		if err != nil {
			n = 0 // too large or empty: counts as nothing
		}
		parts = append(parts, n)
	}
	return parts
}
