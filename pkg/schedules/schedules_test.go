package schedules_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
	"github.com/gueencode/gueenrmm/pkg/schedules"
)

func TestSchedules(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	s := schedules.NewService(pool, audit.New(0))
	ctx := access.With(t.Context(), &access.Principal{Kind: access.Session, Username: "jo"})
	n := schedules.New()
	n.Name, n.RunTime, n.Weekdays, n.DaysOfMonth = "weekly", "04:30:00.5", []int16{0, 6}, []int32{1, 32}
	stored, err := s.Create(ctx, n)
	require.NoError(t, err)
	require.Equal(t, "04:30:00.500000", stored.RunTime)
	require.Equal(t, "jo", *stored.CreatedBy)

	stored, err = s.Update(ctx, stored.ID, func(n *schedules.Schedule) { n.RunTime, n.Type = "05:00", schedules.Monthly })
	require.NoError(t, err)
	require.Equal(t, "05:00:00", stored.RunTime)
	require.Equal(t, []int32{1, 32}, stored.Relevant().DaysOfMonth)
	require.Empty(t, stored.Relevant().Weekdays)
	require.Equal(t, []int16{0, 6}, stored.Weekdays, "what does not matter now is kept")

	_, err = pool.Exec(ctx, `
		WITH t AS (INSERT INTO report_templates (name, template_md, type) VALUES ('t', '', 'html') RETURNING id)
		INSERT INTO report_schedules (name, report_template_id, schedule_id) SELECT 'r', id, $1 FROM t`, stored.ID)
	require.NoError(t, err)
	require.ErrorContains(t, s.Delete(ctx, stored.ID), "This schedule is currently in use.")
	_, err = pool.Exec(ctx, `DELETE FROM report_schedules`)
	require.NoError(t, err)
	require.NoError(t, s.Delete(ctx, stored.ID))
	_, err = s.Update(ctx, stored.ID, func(*schedules.Schedule) {})
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	list, err := s.List(ctx)
	require.NoError(t, err)
	require.Empty(t, list)
	var rows int
	require.NoError(t, pool.QueryRow(ctx, `SELECT count(*) FROM audit_log WHERE object_type = 'schedule'`).Scan(&rows))
	require.Equal(t, 3, rows)
}

func TestRelevant(t *testing.T) {
	t.Parallel()
	full := schedules.Schedule{Weekdays: []int16{1}, Months: []int16{1}, DaysOfMonth: []int32{1}, WeeksOfMonth: []int16{1}}
	for _, tt := range []struct {
		kind, monthly                 string
		weekdays, months, days, weeks int
	}{
		{schedules.Daily, schedules.Days, 0, 0, 0, 0},
		{schedules.Weekly, schedules.Days, 1, 0, 0, 0},
		{schedules.Monthly, schedules.Days, 0, 1, 1, 0},
		{schedules.Monthly, schedules.Weeks, 1, 1, 0, 1},
	} {
		s := full
		s.Type, s.MonthlyType = tt.kind, tt.monthly
		got := s.Relevant()
		require.Equal(t, []int{tt.weekdays, tt.months, tt.days, tt.weeks},
			[]int{len(got.Weekdays), len(got.Months), len(got.DaysOfMonth), len(got.WeeksOfMonth)}, "%s %s", tt.kind, tt.monthly)
	}
}
