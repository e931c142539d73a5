package tasks_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/tasks"
)

func ptr[T any](v T) *T { return &v }

func TestSchedule(t *testing.T) {
	t.Parallel()
	at := time.Date(2030, 1, 2, 15, 4, 0, 0, time.UTC)
	cases := map[string]tasks.Definition{
		"Manual":                                   {TaskType: tasks.Manual},
		"Every time check fails":                   {TaskType: tasks.CheckFailure},
		"Run once on 01/02/2030 03:04PM":           {TaskType: tasks.RunOnce},
		"Daily at 03:04PM":                         {TaskType: tasks.Daily, DailyInterval: ptr[int16](1)},
		"Every 2 days at 03:04PM":                  {TaskType: tasks.Daily, DailyInterval: ptr[int16](2)},
		"Every day at 03:04PM":                     {TaskType: tasks.Weekly, RunTimeBitWeekdays: ptr[int32](127), WeeklyInterval: ptr[int16](2)},
		"Sunday, Tuesday at 03:04PM every 1 weeks": {TaskType: tasks.Weekly, RunTimeBitWeekdays: ptr[int32](5), WeeklyInterval: ptr[int16](1)},
		"Runs on January, December on days 1, 3, Last Day at 03:04PM": {
			TaskType: tasks.Monthly, MonthlyMonthsOfYear: ptr[int32](2049), MonthlyDaysOfMonth: ptr[int64](0x80000005),
		},
		"Runs on Every month on days Last day at 03:04PM":  {TaskType: tasks.Monthly, MonthlyMonthsOfYear: ptr[int32](4095), MonthlyDaysOfMonth: ptr[int64](0x80000000)},
		"Runs on Every month on days Every day at 03:04PM": {TaskType: tasks.Monthly, MonthlyMonthsOfYear: ptr[int32](4095), MonthlyDaysOfMonth: ptr[int64](4294967295)},
		"Runs on February on First Week, Last Week on Friday at 03:04PM": {
			TaskType: tasks.MonthlyDOW, MonthlyMonthsOfYear: ptr[int32](2), MonthlyWeeksOfMonth: ptr[int16](17), RunTimeBitWeekdays: ptr[int32](32),
		},
		"Runs on February on Every week on Friday at 03:04PM": {
			TaskType: tasks.MonthlyDOW, MonthlyMonthsOfYear: ptr[int32](2), MonthlyWeeksOfMonth: ptr[int16](31), RunTimeBitWeekdays: ptr[int32](32),
		},
		"Onboarding: Runs once on task creation.": {TaskType: tasks.Onboarding},
	}
	for want, d := range cases {
		d.RunTimeDate = &at
		require.Equal(t, want, *d.Schedule())
	}
	require.Nil(t, (&tasks.Definition{TaskType: tasks.Scheduled}).Schedule())
}

func TestCheckActions(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`[]`: "There must be at least one action configured", `null`: "There must be at least one action configured",
		`[{}]`:                           "Each action must have a type field of either 'script' or 'cmd'",
		`[1]`:                            "Each action must have a type field of either 'script' or 'cmd'",
		`[{"type":"script"}]`:            "A script action type must have a 'script' field with primary key of script",
		`[{"type":"script","script":1}]`: "A script action type must have a 'script_args' field with an array of arguments",
		`[{"type":"script","script":1,"script_args":[]}]`: "A script action type must have a 'timeout' field",
		`[{"type":"cmd"}]`:               "A command action type must have a 'command' field",
		`[{"type":"cmd","command":"x"}]`: "A command action type must have a 'timeout' field",
		`[{"type":"other"},{"type":"cmd","command":"x","timeout":1}]`: "",
	} {
		err := tasks.CheckActions(json.RawMessage(raw))
		if want == "" {
			require.NoError(t, err)
			continue
		}
		var refusal *fault.Error
		require.ErrorAs(t, err, &refusal, raw)
		require.Equal(t, []string{want}, refusal.Fields["actions"])
	}
	require.Error(t, tasks.CheckActions(json.RawMessage(`["`+strings.Repeat("x", 2<<20)+`"]`)))
}

func TestCollected(t *testing.T) {
	t.Parallel()
	require.Equal(t, "line two", tasks.Collected("line one\nline two\n\n", false))
	require.Equal(t, "line two", tasks.Collected("line one\r\nline two\r\n", false))
	require.Equal(t, "a\nb", tasks.Collected(" a\nb\n", true))
	require.Equal(t, "", tasks.Collected("\n", false))
}

func TestDecodeReport(t *testing.T) {
	t.Parallel()
	r, err := tasks.DecodeReport([]byte(`{"stdout":"a\u0000","stderr":null,"retcode":"4294967295","execution_time":1.25,"x":1}`))
	require.NoError(t, err)
	require.Equal(t, &tasks.Report{Stdout: "a", Retcode: 4294967295, ExecutionTime: "1.25"}, r)
	for _, bad := range []string{``, `[]`, `{}`, `{"retcode":1.5}`, `{"retcode":0,"stdout":1}`, `{"retcode":0,"execution_time":"x"}`, `{"retcode":0,"execution_time":1e999}`} {
		_, err := tasks.DecodeReport([]byte(bad))
		require.ErrorIs(t, err, tasks.ErrReport, bad)
	}
}

func TestNamesAreRandom(t *testing.T) {
	t.Parallel()
	a, b := tasks.New(), tasks.New()
	require.Regexp(t, `^TacticalRMM_[a-zA-Z]{35}$`, a.WinTaskName)
	require.NotEqual(t, a.WinTaskName, b.WinTaskName)
}

func FuzzDecodeReport(f *testing.F) {
	f.Add([]byte(`{"stdout":"","stderr":"x","retcode":0,"execution_time":0.5}`))
	f.Add([]byte(`{"retcode":"7"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := tasks.DecodeReport(body)
		if err != nil {
			require.ErrorIs(t, err, tasks.ErrReport)
			return
		}
		_, err = json.Marshal(r)
		require.NoError(t, err)
		require.NotContains(t, r.Stdout, "\x00")
	})
}
