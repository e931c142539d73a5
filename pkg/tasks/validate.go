package tasks

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// Limits of a task's actions.
const (
	maxActions     = 200
	maxActionBytes = 1 << 20
)

// CheckActions applies the rules of rest-2.md §2.2 to a list of actions.
func CheckActions(raw json.RawMessage) error {
	if len(raw) > maxActionBytes {
		return fault.InvalidField("actions", "The actions are too large")
	}
	if falsy(raw) {
		return fault.InvalidField("actions", "There must be at least one action configured")
	}
	var actions []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &actions); err != nil {
		return fault.InvalidField("actions", "Each action must have a type field of either 'script' or 'cmd'")
	}
	if len(actions) > maxActions {
		return fault.InvalidField("actions", "There are too many actions")
	}
	for _, a := range actions {
		if message := actionProblem(a); message != "" {
			return fault.InvalidField("actions", message)
		}
	}
	return nil
}

func actionProblem(a map[string]json.RawMessage) string {
	kind, ok := a["type"]
	if !ok {
		return "Each action must have a type field of either 'script' or 'cmd'"
	}
	switch string(kind) {
	case `"script"`:
		switch {
		case a["script"] == nil:
			return "A script action type must have a 'script' field with primary key of script"
		case a["script_args"] == nil:
			return "A script action type must have a 'script_args' field with an array of arguments"
		case a["timeout"] == nil:
			return "A script action type must have a 'timeout' field"
		}
	case `"cmd"`:
		switch {
		case a["command"] == nil:
			return "A command action type must have a 'command' field"
		case a["timeout"] == nil:
			return "A command action type must have a 'timeout' field"
		}
	}
	return ""
}

func falsy(raw json.RawMessage) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", "[]", "{}", `""`, "0", "false":
		return true
	default:
		return false
	}
}

// checkSchedule applies the rules of rest-2.md §2.4.
func (d *Definition) checkSchedule(now time.Time) error {
	refuse := func(message string) error { return fault.InvalidField(fault.NonField, message) }
	if d.ExpireDate != nil && d.ExpireDate.Before(now) {
		return refuse("Expires date/time is in the past")
	}
	type need struct {
		field string
		have  bool
	}
	weekdays := need{"run_time_bit_weekdays", valueOf(d.RunTimeBitWeekdays) != 0}
	months := need{"monthly_months_of_year", valueOf(d.MonthlyMonthsOfYear) != 0}
	var needs []need
	switch d.TaskType {
	case Daily:
		needs = []need{{"daily_interval", valueOf(d.DailyInterval) != 0}}
	case Weekly:
		needs = []need{{"weekly_interval", valueOf(d.WeeklyInterval) != 0}, weekdays}
	case Monthly:
		needs = []need{months, {"monthly_days_of_month", valueOf(d.MonthlyDaysOfMonth) != 0}}
	case MonthlyDOW:
		needs = []need{months, {"monthly_weeks_of_month", valueOf(d.MonthlyWeeksOfMonth) != 0}, weekdays}
	case CheckFailure:
		needs = []need{{"assigned_check", d.AssignedCheck != nil}}
	case RunOnce, Manual, Onboarding, Scheduled:
	}
	switch d.TaskType {
	case Daily, Weekly, Monthly, MonthlyDOW, RunOnce:
		if d.RunTimeDate == nil {
			return fault.InvalidField("run_time_date", "This field is required.")
		}
	default:
	}
	for _, n := range needs {
		if !n.have {
			return refuse(fmt.Sprintf("%s is required for task_type '%s'", n.field, d.TaskType))
		}
	}
	return nil
}

// looseInt is an integer that old clients may have stored as text.
type looseInt int64

// UnmarshalJSON takes a number or numeric text; anything else counts as 0.
func (n *looseInt) UnmarshalJSON(b []byte) error {
	v, err := strconv.ParseFloat(strings.Trim(string(b), `" `), 64)
	if err == nil && v >= -1<<53 && v <= 1<<53 {
		*n = looseInt(v)
	}
	return nil
}

const (
	namePrefix  = "TacticalRMM_" // stock agents and the orphan clean-up know tasks by it
	nameLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	nameLength  = 35
)

func randomName() string {
	b := make([]byte, nameLength)
	for i := range b {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(nameLetters))))
		if err != nil {
			panic("no randomness: " + err.Error()) // crypto/rand never fails on supported systems
		}
		b[i] = nameLetters[n.Int64()]
	}
	return namePrefix + string(b)
}
