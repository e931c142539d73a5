package accounts

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
)

const selectPreferences = `SELECT dark_mode, show_community_scripts, agent_dblclick_action, url_action_id, default_agent_tbl_tab, client_tree_sort,
	client_tree_splitter, loading_bar_color, dash_info_color, dash_positive_color, dash_negative_color, dash_warning_color,
	clear_search_when_switching, block_dashboard_login, date_format FROM users WHERE id = $1 `

// Preferences returns the choices of a user.
func (s *Service) Preferences(ctx context.Context, user int32) (Preferences, error) {
	return readPreferences(ctx, s.Pool, user, "")
}

func readPreferences(ctx context.Context, db querier, user int32, lock string) (Preferences, error) {
	rows, err := db.Query(ctx, selectPreferences+lock, user)
	if err != nil {
		return Preferences{}, fmt.Errorf("read profile: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Preferences])
	return p, missing("User", "read profile", err)
}

// UpdatePreferences changes the caller's choices with the given function.
func (s *Service) UpdatePreferences(ctx context.Context, caller *access.Principal, change func(*Preferences)) error {
	err := s.guarded(ctx, func(tx pgx.Tx) error {
		p, err := readPreferences(ctx, tx, caller.UserID, "FOR NO KEY UPDATE")
		if err != nil {
			return err
		}
		before, err := readUser(ctx, tx, caller.UserID, "")
		if err != nil {
			return err
		}
		change(&p)
		err = s.keepSuper(ctx, tx, "user", func() error { return storePreferences(ctx, tx, caller, p) })
		if err != nil {
			return err
		}
		after, err := readUser(ctx, tx, caller.UserID, "")
		if err != nil {
			return err
		}
		return s.Audit.Change(ctx, tx, audit.Object{Type: "user", Name: after.Username, Before: before, After: after})
	})
	if err == nil {
		s.userChanged(caller.UserID)
	}
	return err
}

func storePreferences(ctx context.Context, tx pgx.Tx, caller *access.Principal, p Preferences) error {
	_, err := tx.Exec(ctx, `UPDATE users SET dark_mode = $2, show_community_scripts = $3, agent_dblclick_action = $4, url_action_id = $5,
			default_agent_tbl_tab = $6, client_tree_sort = $7, client_tree_splitter = $8, loading_bar_color = $9, dash_info_color = $10,
			dash_positive_color = $11, dash_negative_color = $12, dash_warning_color = $13, clear_search_when_switching = $14,
			block_dashboard_login = $15, date_format = $16, modified_by = $17, modified_time = now() WHERE id = $1`,
		caller.UserID, p.DarkMode, p.ShowCommunityScripts, p.AgentDblclickAction, p.URLAction, p.DefaultAgentTblTab, p.ClientTreeSort,
		p.ClientTreeSplitter, p.LoadingBarColor, p.DashInfoColor, p.DashPositiveColor, p.DashNegativeColor, p.DashWarningColor,
		p.ClearSearchWhenSwitching, p.BlockDashboardLogin, p.DateFormat, caller.Username)
	return wrap("change profile", err)
}
