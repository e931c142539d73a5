package tasks

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// ErrReport marks a task result that cannot be understood.
var ErrReport = errors.New("task result is not valid")

// Report is what an agent posts after a run (agent-protocol.md §4.7).
type Report struct {
	Stdout        string      `json:"stdout"`
	Stderr        string      `json:"stderr"`
	Retcode       int64       `json:"retcode"`
	ExecutionTime json.Number `json:"execution_time"`
}

// maxExecutionTime bounds the text of the execution time, which is kept as the agent wrote it.
const maxExecutionTime = 100

// DecodeReport reads a task result. Errors wrap ErrReport and never quote the input.
func DecodeReport(body []byte) (*Report, error) {
	var raw struct {
		Stdout        *string      `json:"stdout"`
		Stderr        *string      `json:"stderr"`
		Retcode       *json.Number `json:"retcode"`
		ExecutionTime *json.Number `json:"execution_time"`
	}
	if err := json.Unmarshal(body, &raw); err != nil {
		return nil, fmt.Errorf("%w: not the expected JSON object", ErrReport)
	}
	if raw.Retcode == nil {
		return nil, fmt.Errorf("%w: retcode is missing", ErrReport)
	}
	code, err := raw.Retcode.Int64()
	if err != nil {
		return nil, fmt.Errorf("%w: retcode is not an integer", ErrReport)
	}
	r := &Report{Stdout: withoutNUL(valueOf(raw.Stdout)), Stderr: withoutNUL(valueOf(raw.Stderr)), Retcode: code, ExecutionTime: "0"}
	if raw.ExecutionTime != nil && *raw.ExecutionTime != "" {
		if len(*raw.ExecutionTime) > maxExecutionTime {
			return nil, fmt.Errorf("%w: execution_time is too long", ErrReport)
		}
		if _, err := raw.ExecutionTime.Float64(); err != nil {
			return nil, fmt.Errorf("%w: execution_time is not a number", ErrReport)
		}
		r.ExecutionTime = *raw.ExecutionTime
	}
	return r, nil
}

// withoutNUL drops the character that Postgres cannot hold.
func withoutNUL(s string) string { return strings.ReplaceAll(s, "\x00", "") }

// outcome judges a result: a collector fails on any stderr, other tasks on a non-zero code (domain.md §5.6).
func outcome(collector bool, r *Report) Status {
	failed := r.Retcode != 0
	if collector {
		failed = r.Stderr != ""
	}
	if failed {
		return Failing
	}
	return Passing
}

// Collected is the text that a collector stores: the trimmed output, or its last line.
func Collected(stdout string, all bool) string {
	text := strings.TrimSpace(stdout)
	if all {
		return text
	}
	if i := strings.LastIndexAny(text, "\r\n"); i >= 0 {
		text = text[i+1:]
	}
	return text
}
