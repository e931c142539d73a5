package simulate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// report is one result of a check on its way to the server.
type report struct {
	agent  *agent
	number int64  // in the ledger; 0 for kinds of checks whose text is not kept
	mark   string // the result's text, by which it is found again
	body   any
}

// newReport makes a result of one of the agent's checks: most pass, some fail, some flap.
func newReport(a *agent, l *Ledger, as Load) (report, error) {
	a.mu.Lock()
	if len(a.checks) == 0 {
		a.mu.Unlock()
		return report{}, errors.New("agent has no checks")
	}
	check := a.checks[a.rng.IntN(len(a.checks))]
	share := a.rng.Float64()
	a.posted++
	failing := state(int64(a.Index)+check.ID, a.posted)
	a.mu.Unlock()
	r := report{agent: a}
	r.number, r.mark = l.issue(a.Index)
	switch check.CheckType {
	case "ping":
		status := "passing"
		if failing {
			status = "failing"
		}
		r.body = agentwire.PingResult{ID: check.ID, AgentID: a.AgentID, Status: status, Output: r.mark}
	case "script":
		body := agentwire.ScriptCheckResult{ID: check.ID, AgentID: a.AgentID, Stdout: r.mark, Stderr: strings.Repeat("x", as.Padding), Runtime: 0.25 + as.Skew.Seconds()}
		if failing {
			body.RetCode = 1
		}
		r.body = body
	case "cpuload", "memory":
		r.number, r.body = 0, agentwire.PercentResult{ID: check.ID, AgentID: a.AgentID, Percent: int(percent(failing, share))}
	case "diskspace":
		r.number, r.body = 0, agentwire.DiskSpaceResult{ID: check.ID, AgentID: a.AgentID, MoreInfo: r.mark, PercentUsed: percent(failing, share), Exists: true}
	default:
		return report{}, fmt.Errorf("no simulated result for check type %q", check.CheckType)
	}
	return r, nil
}

// state says whether a check fails this time: of twenty checks in a fleet one fails always and one flaps.
func state(check int64, run int) (failing bool) {
	switch check % 20 {
	case 0:
		return true
	case 1:
		return run%2 == 0
	}
	return false
}

// percent is what a check of usage measures.
func percent(failing bool, share float64) float64 {
	if failing {
		return 97 + 3*share
	}
	return 60 * share
}

// post sends the result and enters the answer into the ledger. Agents with a spool name the result, so that they may
// repeat it.
func (r *run) post(ctx context.Context, rep report, l *Ledger, named bool) error {
	var headers []string
	if named {
		headers = []string{agentwire.HeaderResultID, rep.mark}
	}
	began := time.Now()
	err := r.http.do(ctx, rep.agent.Index, http.MethodPatch, "/api/v3/checkrunner/", "Authorization", "Token "+rep.agent.Token, rep.body, nil, headers...)
	if err == nil {
		l.took.add(time.Since(began))
	}
	switch {
	case err == nil && rep.number != 0:
		l.acknowledge(rep.agent.Index, rep.number)
	case err != nil && ctx.Err() == nil:
		l.refuse(err)
	}
	return err
}

// postResult posts one result once, as stock agents do.
func (r *run) postResult(ctx context.Context, a *agent) error {
	rep, err := newReport(a, r.ledger, Load{})
	if err != nil {
		return err
	}
	return r.post(ctx, rep, r.ledger, false)
}

// repeatAfter is the pause before a result is posted again. Real agents wait as long as the server asks; here the server
// is to be pressed.
const repeatAfter = 250 * time.Millisecond

// deliver posts one result until it is acknowledged, as agents with a spool do.
func (r *run) deliver(ctx context.Context, rep report, l *Ledger) error {
	for {
		err := r.post(ctx, rep, l, true)
		if err == nil || !wait(ctx, repeatAfter) {
			return err
		}
	}
}
