package app

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// references tells the router in which table the rows are that bodies name by key.
func (a *App) references() {
	for kind, table := range map[string]string{
		"agent": "agents", "alert_template": "alert_templates", "check": "checks", "client": "clients", "custom_field": "custom_fields",
		"policy": "policies", "role": "roles", "script": "scripts", "site": "sites", "task": "tasks", "url_action": "url_actions",
	} {
		a.Router.Reference(kind, a.rowsOf(table, "true"))
	}
	a.Router.Reference("user", a.rowsOf("users", "NOT t.is_installer_user")) // which is hidden from people
}

// rowsOf looks keys up among the rows of a table that a condition on t lets show, all at once.
func (a *App) rowsOf(table, shown string) rest.ReferenceFunc {
	query := `SELECT wanted FROM unnest($1::bigint[]) wanted WHERE NOT EXISTS (SELECT FROM ` + pgx.Identifier{table}.Sanitize() + ` t WHERE t.id = wanted AND ` + shown + `)`
	return func(ctx context.Context, ids []int64) ([]int64, error) {
		rows, err := a.infra.Pool.Query(ctx, query, ids)
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", table, err)
		}
		missing, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return nil, fmt.Errorf("look up %s: %w", table, err)
		}
		return missing, nil
	}
}
