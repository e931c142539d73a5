package checks_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/checks"
)

func ptr[T any](v T) *T { return &v }

func report(t *testing.T, body string) *checks.Report {
	t.Helper()
	r, err := checks.DecodeReport([]byte(body))
	require.NoError(t, err)
	return r
}

func TestEvaluate(t *testing.T) {
	t.Parallel()
	cpu := checks.Definition{CheckType: checks.CPULoad, WarningThreshold: ptr[int32](70), ErrorThreshold: ptr[int32](90)}
	mem := checks.Definition{CheckType: checks.Memory, WarningThreshold: ptr[int32](70), ErrorThreshold: ptr[int32](0)}
	disk := checks.Definition{
		CheckType: checks.DiskSpace, Disk: ptr("C:"), WarningThreshold: ptr[int32](25), ErrorThreshold: ptr[int32](10),
	}
	script := checks.Definition{
		CheckType: checks.Script, InfoReturnCodes: []int64{3}, WarningReturnCodes: []int64{4, 7},
		SuccessReturnCodes: []int64{5, 7},
	}
	zeroIsInfo := checks.Definition{CheckType: checks.Script, InfoReturnCodes: []int64{0}}
	ping := checks.Definition{CheckType: checks.Ping, AlertSeverity: ptr(checks.Info)}
	service := checks.Definition{CheckType: checks.WinSvc, AlertSeverity: ptr(checks.Error)}
	contains := checks.Definition{CheckType: checks.EventLog, FailWhen: ptr("contains"), NumberOfEvents: ptr[int32](2)}
	lacks := checks.Definition{CheckType: checks.EventLog, FailWhen: ptr("not_contains"), NumberOfEvents: ptr[int32](1)}
	anyEvent := checks.Definition{CheckType: checks.EventLog, FailWhen: ptr("contains"), NumberOfEvents: ptr[int32](0)}

	cases := []struct {
		name     string
		def      checks.Definition
		prev     checks.State
		body     string
		status   checks.Status
		severity *checks.Severity
		info     string
		fails    int32
		y        *int32
		results  string
		bucket   checks.Bucket
	}{
		{"cpu at the threshold passes", cpu, checks.State{}, `{"percent":70}`, checks.Passing, ptr(checks.Warning), "Average CPU Load: 70%", 0, ptr[int32](70), "null", checks.BucketPassing},
		{"cpu above warning", cpu, checks.State{History: []int32{50}, FailCount: 2}, `{"percent":100}`, checks.Failing, ptr(checks.Warning), "Average CPU Load: 75%", 3, ptr[int32](100), "null", checks.BucketWarning},
		{"cpu mean is truncated", cpu, checks.State{History: []int32{50, 100, 100, 100, 100}}, `{"percent":100}`, checks.Failing, ptr(checks.Error), "Average CPU Load: 91%", 1, ptr[int32](100), "null", checks.BucketFailing},
		{"memory without error threshold", mem, checks.State{}, `{"percent":"99"}`, checks.Failing, ptr(checks.Warning), "Average Memory Usage: 99%", 1, ptr[int32](99), "null", checks.BucketWarning},
		{"passing keeps the last severity", mem, checks.State{AlertSeverity: ptr(checks.Error), FailCount: 9}, `{"percent":1}`, checks.Passing, ptr(checks.Error), "Average Memory Usage: 1%", 0, ptr[int32](1), "null", checks.BucketPassing},
		{"disk below warning", disk, checks.State{}, `{"exists":true,"percent_used":80.4,"more_info":"i"}`, checks.Failing, ptr(checks.Warning), "i", 1, ptr[int32](20), "null", checks.BucketWarning},
		{"disk rounds half to even", disk, checks.State{}, `{"exists":true,"percent_used":74.5,"more_info":"i"}`, checks.Passing, ptr(checks.Warning), "i", 0, ptr[int32](26), "null", checks.BucketPassing},
		{"disk below error", disk, checks.State{}, `{"exists":true,"percent_used":95.2,"more_info":"i"}`, checks.Failing, ptr(checks.Error), "i", 1, ptr[int32](5), "null", checks.BucketFailing},
		{"disk that is gone", disk, checks.State{FailCount: 1}, `{"exists":false,"percent_used":0,"more_info":""}`, checks.Failing, ptr(checks.Error), "Disk C: does not exist", 2, nil, "null", checks.BucketFailing},
		{"script info code", script, checks.State{}, `{"retcode":3,"stdout":"o","stderr":"e","runtime":1.23456}`, checks.Failing, ptr(checks.Info), "", 1, ptr[int32](1), `{"retcode":3,"stdout":"o","stderr":"e","execution_time":"1.2346"}`, checks.BucketInfo},
		{"script warning comes before success", script, checks.State{}, `{"retcode":7,"runtime":0}`, checks.Failing, ptr(checks.Warning), "", 1, ptr[int32](1), `{"retcode":7,"stdout":"","stderr":"","execution_time":"0.0000"}`, checks.BucketWarning},
		{"script success code", script, checks.State{}, `{"retcode":5,"runtime":2}`, checks.Passing, ptr(checks.Warning), "", 0, ptr[int32](0), `{"retcode":5,"stdout":"","stderr":"","execution_time":"2.0000"}`, checks.BucketPassing},
		{"script unsigned 32-bit code", script, checks.State{}, `{"retcode":4294967295,"runtime":2}`, checks.Failing, ptr(checks.Error), "", 1, ptr[int32](1), `{"retcode":4294967295,"stdout":"","stderr":"","execution_time":"2.0000"}`, checks.BucketFailing},
		{"script zero", script, checks.State{}, `{"retcode":0,"runtime":2}`, checks.Passing, ptr(checks.Warning), "", 0, ptr[int32](0), `{"retcode":0,"stdout":"","stderr":"","execution_time":"2.0000"}`, checks.BucketPassing},
		{"script zero listed as info fails", zeroIsInfo, checks.State{}, `{"retcode":0,"runtime":2}`, checks.Failing, ptr(checks.Info), "", 1, ptr[int32](1), `{"retcode":0,"stdout":"","stderr":"","execution_time":"2.0000"}`, checks.BucketInfo},
		{"ping failing", ping, checks.State{}, `{"status":"failing","output":"no reply"}`, checks.Failing, nil, "no reply", 1, ptr[int32](1), `"no reply"`, checks.BucketInfo},
		{"ping passing", ping, checks.State{FailCount: 4}, `{"status":"passing","output":"r"}`, checks.Passing, nil, "r", 0, ptr[int32](0), `"r"`, checks.BucketPassing},
		{"service failing", service, checks.State{}, `{"status":"failing","more_info":"Status: stopped"}`, checks.Failing, nil, "Status: stopped", 1, ptr[int32](1), `"Status: stopped"`, checks.BucketFailing},
		{"events below the number", contains, checks.State{}, `{"log":[{}]}`, checks.Passing, nil, "", 0, ptr[int32](0), `"Events Found:1"`, checks.BucketPassing},
		{"events at the number", contains, checks.State{}, `{"log":[{},{}]}`, checks.Failing, nil, "", 1, ptr[int32](1), `"Events Found:2"`, checks.BucketWarning},
		{"no events never fails contains", anyEvent, checks.State{}, `{"log":null}`, checks.Passing, nil, "", 0, ptr[int32](0), `"Events Found:0"`, checks.BucketPassing},
		{"events lacking", lacks, checks.State{}, `{"log":[]}`, checks.Failing, nil, "", 1, ptr[int32](1), `"Events Found:0"`, checks.BucketWarning},
		{"events not lacking", lacks, checks.State{FailCount: 1}, `{"log":[{}]}`, checks.Passing, nil, "", 0, ptr[int32](0), `"Events Found:1"`, checks.BucketPassing},
	}
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v, err := checks.Evaluate(&tc.def, tc.prev, report(t, tc.body), now)
			require.NoError(t, err)
			require.Equal(t, tc.status, v.State.Status)
			require.Equal(t, tc.severity, v.State.AlertSeverity)
			require.Equal(t, tc.fails, v.State.FailCount)
			require.Equal(t, now, *v.State.LastRun)
			require.Equal(t, tc.bucket, checks.BucketOf(&tc.def, &v.State))
			if tc.info != "" {
				require.Equal(t, tc.info, *v.State.MoreInfo)
			} else {
				require.Nil(t, v.State.MoreInfo)
			}
			if tc.y == nil {
				require.Nil(t, v.Point)
				return
			}
			require.Equal(t, *tc.y, v.Point.Y)
			got, err := json.Marshal(v.Point.Results)
			require.NoError(t, err)
			require.JSONEq(t, tc.results, string(got))
		})
	}
}

func TestEvaluateKeepsFifteenSamplesAndLeavesThePreviousStateAlone(t *testing.T) {
	t.Parallel()
	def := checks.Definition{CheckType: checks.CPULoad, ErrorThreshold: ptr[int32](50)}
	state := checks.State{}
	for i := range 40 {
		before := fmt.Sprint(state.History)
		v, err := checks.Evaluate(&def, state, report(t, fmt.Sprintf(`{"percent":%d}`, i)), time.Unix(0, 0))
		require.NoError(t, err)
		require.Equal(t, before, fmt.Sprint(state.History))
		state = v.State
	}
	require.Len(t, state.History, 15)
	require.Equal(t, int32(25), state.History[0])
	require.Equal(t, "Average CPU Load: 32%", *state.MoreInfo)
}

func TestEvaluateStoresEventsAndCutsDetails(t *testing.T) {
	t.Parallel()
	def := checks.Definition{CheckType: checks.EventLog, FailWhen: ptr("contains"), NumberOfEvents: ptr[int32](1)}
	v, err := checks.Evaluate(&def, checks.State{}, report(t, `{"log":[{"uid":"1","message":"a\u0000b\ud800"}]}`), time.Unix(0, 0))
	require.NoError(t, err)
	require.JSONEq(t, `{"log":[{"uid":"1","message":"ab�"}]}`, string(v.State.ExtraDetails))

	script := checks.Definition{CheckType: checks.Script}
	long := strings.Repeat("ä", 100)
	v, err = checks.Evaluate(&script, checks.State{}, report(t, `{"retcode":1,"stdout":"`+long+`","runtime":1}`), time.Unix(0, 0))
	require.NoError(t, err)
	require.Contains(t, string(v.Point.Results), `"`+strings.Repeat("ä", 60)+`"`)
	require.Equal(t, long, *v.State.Stdout)
}

func TestReportsThatLackTheirFieldsAreRefused(t *testing.T) {
	t.Parallel()
	for _, typ := range checks.Types() {
		def := checks.Definition{CheckType: typ}
		_, err := checks.Evaluate(&def, checks.State{}, report(t, `{"id":1}`), time.Unix(0, 0))
		require.ErrorIs(t, err, checks.ErrReport, typ)
	}
	def := checks.Definition{CheckType: checks.Ping}
	_, err := checks.Evaluate(&def, checks.State{}, report(t, `{"status":"pending","output":""}`), time.Unix(0, 0))
	require.ErrorIs(t, err, checks.ErrReport)
}

func TestDecodeReport(t *testing.T) {
	t.Parallel()
	require.Nil(t, report(t, `{"id":"12"}`).AgentID)
	require.Equal(t, int32(12), report(t, `{"id":"12"}`).ID)
	require.Equal(t, "", *report(t, `{"id":1,"agent_id":null}`).AgentID)
	require.Equal(t, int32(37), *report(t, `{"percent":37.9}`).Percent)
	require.Equal(t, "ab", report(t, `{"stdout":"a\u0000b"}`).Stdout)
	for _, body := range []string{
		``, `[]`, `"x"`, `{"id":{}}`, `{"percent":"x"}`, `{"percent":1e300}`, `{"id":9999999999}`, `{"exists":"maybe"}`,
		`{"log":{}}`, `{"stdout":[1]}`, `{"retcode":1e30}`,
	} {
		_, err := checks.DecodeReport([]byte(body))
		require.ErrorIs(t, err, checks.ErrReport, body)
	}
}

func FuzzDecodeReport(f *testing.F) {
	for _, seed := range []string{
		`{"id":5,"agent_id":"a","percent":37}`, `{"id":5,"log":[{"uid":1}]}`, `{"status":"passing","output":"\u0000"}`,
		`{"retcode":98,"stdout":"x","runtime":1e2}`, `{"exists":true,"percent_used":1e308}`, `{"log":null}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := checks.DecodeReport(body)
		if err != nil {
			require.ErrorIs(t, err, checks.ErrReport)
			return
		}
		for _, typ := range checks.Types() {
			def := checks.Definition{CheckType: typ, WarningThreshold: ptr[int32](50), ErrorThreshold: ptr[int32](90)}
			v, err := checks.Evaluate(&def, checks.State{}, r, time.Unix(0, 0))
			if err != nil {
				require.ErrorIs(t, err, checks.ErrReport)
				continue
			}
			require.Contains(t, []checks.Status{checks.Passing, checks.Failing}, v.State.Status)
			if len(v.State.ExtraDetails) > 0 {
				require.True(t, json.Valid(v.State.ExtraDetails))
			}
		}
	})
}
