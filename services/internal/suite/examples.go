package suite

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"time"
)

// nobodyAnswers is a name that can never exist (RFC 6761): the example of a failing check.
const nobodyAnswers = "nobody.invalid"

// addExamples gives this machine a few checks when it has just enrolled, so that the web app shows results at once: load,
// memory, disk, and one that fails.
func (s *Suite) addExamples(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, enrolWithin, fmt.Errorf("this machine did not come online within %s", enrolWithin))
	defer cancel()
	return s.withAPI(ctx, func(a *api) error {
		id, err := a.onlineAgent(ctx)
		if err != nil {
			return err
		}
		for _, c := range []map[string]any{
			{"check_type": "cpuload", "warning_threshold": 70, "error_threshold": 90},
			{"check_type": "memory", "warning_threshold": 70, "error_threshold": 85},
			{"check_type": "diskspace", "disk": systemDisk(), "warning_threshold": 25, "error_threshold": 10},
			{"check_type": "ping", "ip": nobodyAnswers, "name": "Example of a failing check"},
		} {
			c["agent"], c["fails_b4_alert"] = id, 1
			if err := a.call(ctx, http.MethodPost, "/checks/", c, nil); err != nil {
				return err
			}
		}
		return a.call(ctx, http.MethodPost, "/checks/"+id+"/run/", nil, nil)
	})
}

func systemDisk() string {
	if runtime.GOOS == "windows" {
		return "C:"
	}
	return "/"
}

// onlineAgent waits until the first agent is connected and returns its id.
func (a *api) onlineAgent(ctx context.Context) (string, error) {
	tick := time.NewTicker(2 * readyEvery)
	defer tick.Stop()
	for {
		var list struct {
			Items []struct {
				AgentID   string `json:"agent_id"`
				Connected bool   `json:"connected"`
			} `json:"items"`
		}
		err := a.call(ctx, http.MethodGet, "/v1/agents", nil, &list)
		if err == nil && len(list.Items) > 0 && list.Items[0].Connected {
			return list.Items[0].AgentID, nil
		}
		select {
		case <-ctx.Done():
			return "", errors.Join(context.Cause(ctx), err)
		case <-tick.C:
		}
	}
}
