package checks

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// historySamples is how many values cpu and memory checks average over (domain.md §4.2).
const historySamples = 15

// detailChars is how much of a text a history row keeps.
const detailChars = 60

// State is what a check knows about one agent between two reports: the columns of its result row that evaluation reads
// and writes.
type State struct {
	Status        Status
	AlertSeverity *Severity
	MoreInfo      *string
	LastRun       *time.Time
	FailCount     int32
	ExtraDetails  RawJSON
	Stdout        *string
	Stderr        *string
	Retcode       *int64
	ExecutionTime *string
	History       []int32
}

// Point is one row of check history: the value of the graph and a short detail.
type Point struct {
	X       time.Time
	Y       int32
	Results RawJSON
}

// Verdict is the outcome of one report.
type Verdict struct {
	State State
	Point *Point // nil when the report adds no point (a disk that does not exist)
}

// Evaluate turns a report into the next state of its check, exactly as domain.md §4.2 says. It is a pure function: now
// is the time at which the report was accepted. The report must be Complete for the check's type.
func Evaluate(def *Definition, prev State, r *Report, now time.Time) (Verdict, error) {
	if err := r.Complete(def.CheckType); err != nil {
		return Verdict{}, err
	}
	next := prev
	next.History = slices.Clone(prev.History)
	var point *Point
	switch def.CheckType {
	case CPULoad, Memory:
		point = evaluateLoad(def, &next, r)
	case DiskSpace:
		point = evaluateDisk(def, &next, r)
	case Script:
		point = evaluateScript(def, &next, r)
	case Ping:
		point = evaluateGiven(&next, r, valueOf(r.Output))
	case WinSvc:
		point = evaluateGiven(&next, r, valueOf(r.MoreInfo))
	case EventLog:
		point = evaluateEvents(def, &next, r)
	}
	if next.AlertSeverity == nil && def.CheckType.DynamicSeverity() {
		next.AlertSeverity = severity(Warning)
	}
	if next.Status == Failing {
		next.FailCount++
	} else {
		next.FailCount = 0
	}
	next.LastRun = &now
	if point != nil {
		point.X = now
	}
	return Verdict{State: next, Point: point}, nil
}

// evaluateLoad judges the truncated mean of the kept samples; the graph shows the raw value.
func evaluateLoad(def *Definition, next *State, r *Report) *Point {
	next.History = append(next.History, *r.Percent)
	if n := len(next.History); n > historySamples {
		next.History = next.History[n-historySamples:]
	}
	var sum int64
	for _, v := range next.History {
		sum += int64(v)
	}
	avg := sum / int64(len(next.History))
	warning, failing := int64(valueOf(def.WarningThreshold)), int64(valueOf(def.ErrorThreshold))
	switch {
	case failing > 0 && avg > failing:
		next.fail(Error)
	case warning > 0 && avg > warning:
		next.fail(Warning)
	default:
		next.Status = Passing
	}
	text := fmt.Sprintf("Average Memory Usage: %d%%", avg)
	if def.CheckType == CPULoad {
		text = fmt.Sprintf("Average CPU Load: %d%%", avg)
	}
	next.MoreInfo = &text
	return &Point{Y: *r.Percent}
}

// evaluateDisk judges the free share, rounded half to even as the reference does.
func evaluateDisk(def *Definition, next *State, r *Report) *Point {
	if !*r.Exists {
		next.fail(Error)
		text := fmt.Sprintf("Disk %s does not exist", textOrNone(def.Disk))
		next.MoreInfo = &text
		return nil
	}
	used := math.Max(-1e6, math.Min(1e6, *r.PercentUsed))
	free := 100 - int32(math.RoundToEven(used))
	warning, failing := valueOf(def.WarningThreshold), valueOf(def.ErrorThreshold)
	switch {
	case failing > 0 && free < failing:
		next.fail(Error)
	case warning > 0 && free < warning:
		next.fail(Warning)
	default:
		next.Status = Passing
	}
	next.MoreInfo = r.MoreInfo
	return &Point{Y: free}
}

// evaluateScript judges the exit code. The lists are asked in a fixed order, so a 0 listed as info or warning fails.
func evaluateScript(def *Definition, next *State, r *Report) *Point {
	code := *r.Retcode
	switch {
	case slices.Contains(def.InfoReturnCodes, code):
		next.fail(Info)
	case slices.Contains(def.WarningReturnCodes, code):
		next.fail(Warning)
	case slices.Contains(def.SuccessReturnCodes, code):
		next.Status = Passing
	case code != 0:
		next.fail(Error)
	default:
		next.Status = Passing
	}
	took := strconv.FormatFloat(r.Runtime, 'f', 4, 64)
	next.Stdout, next.Stderr, next.Retcode, next.ExecutionTime = &r.Stdout, &r.Stderr, &code, &took
	return &Point{Y: next.graph(), Results: encode(struct {
		Retcode       int64  `json:"retcode"`
		Stdout        string `json:"stdout"`
		Stderr        string `json:"stderr"`
		ExecutionTime string `json:"execution_time"`
	}{code, firstChars(r.Stdout), firstChars(r.Stderr), took})}
}

// evaluateGiven takes the status as the agent gives it (ping and service checks).
func evaluateGiven(next *State, r *Report, info string) *Point {
	next.Status = Status(*r.Status)
	next.MoreInfo = &info
	return &Point{Y: next.graph(), Results: encode(firstChars(info))}
}

// evaluateEvents counts the matching events the agent found.
func evaluateEvents(def *Definition, next *State, r *Report) *Point {
	enough := r.LogCount > 0 && r.LogCount >= int(valueOf(def.NumberOfEvents))
	failing := enough
	if FailWhen(valueOf(def.FailWhen)) == NotContains {
		failing = !enough
	}
	next.Status = Passing
	if failing {
		next.Status = Failing
	}
	events := r.Log
	if events == nil {
		events = []json.RawMessage{}
	}
	next.ExtraDetails = encode(map[string][]json.RawMessage{"log": events})
	return &Point{Y: next.graph(), Results: encode(fmt.Sprintf("Events Found:%d", r.LogCount))}
}

func (s *State) fail(sev Severity) {
	s.Status, s.AlertSeverity = Failing, severity(sev)
}

func (s *State) graph() int32 {
	if s.Status == Failing {
		return 1
	}
	return 0
}

// Bucket is the counter a result falls into (domain.md §2.6).
type Bucket string

// The counters of an agent.
const (
	BucketPassing Bucket = "passing"
	BucketFailing Bucket = "failing"
	BucketWarning Bucket = "warning"
	BucketInfo    Bucket = "info"
	BucketPending Bucket = "pending"
)

// BucketOf returns the counter of a result with the given state. A severity that is not set counts as warning, the
// default of both columns.
func BucketOf(def *Definition, s *State) Bucket {
	switch s.Status {
	case Passing:
		return BucketPassing
	case Pending:
		return BucketPending
	case Failing: // its severity decides
	}
	sev := valueOf(def.AlertSeverity)
	if def.CheckType.DynamicSeverity() {
		sev = valueOf(s.AlertSeverity)
	}
	switch sev {
	case Error:
		return BucketFailing
	case Info:
		return BucketInfo
	default:
		return BucketWarning
	}
}

func severity(s Severity) *Severity { return &s }

// firstChars cuts a text to its first characters (not bytes).
func firstChars(s string) string {
	n := 0
	for i := range s {
		if n == detailChars {
			return s[:i]
		}
		n++
	}
	return s
}

// encode marshals values that cannot fail to marshal: texts, numbers and JSON that was decoded before.
func encode(v any) RawJSON {
	b, err := json.Marshal(v)
	if err != nil {
		return RawJSON("null")
	}
	return b
}
