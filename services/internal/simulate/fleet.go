package simulate

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// enrol makes sure that agents first … first+n-1 exist, through the route that real installers use.
func (r *run) enrol(ctx context.Context, first, n int) error {
	known, err := loadIdentities(r.opts.State)
	if err != nil {
		return err
	}
	var missing []int
	for i := first; i < first+n; i++ {
		if id, ok := known[i]; ok {
			r.agents = append(r.agents, newAgent(r, id))
			continue
		}
		missing = append(missing, i)
	}
	if len(missing) == 0 {
		return nil
	}
	if err := r.installerToken(ctx); err != nil {
		return err
	}
	r.progress.phase("enrolling", len(missing), 0)
	defer r.enrolments.timed(time.Now())
	log, err := openIdentityLog(r.opts.State)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	err = parallel(ctx, r.opts.Workers, len(missing), func(ctx context.Context, i int) error {
		id, err := r.enrolOne(ctx, missing[i])
		if err != nil {
			r.enrolments.fail(err)
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		r.agents = append(r.agents, newAgent(r, id))
		r.books.enrol(id.AgentID)
		r.progress.step()
		return log.add(id)
	})
	if err := errors.Join(err, log.close()); err != nil {
		return err
	}
	if len(r.agents) == 0 {
		return fmt.Errorf("no agent could be enrolled: %s", r.enrolments.reasons())
	}
	return nil
}

func (r *run) enrolOne(ctx context.Context, index int) (identity, error) {
	agentID, err := agentwire.NewAgentID()
	if err != nil {
		return identity{}, err
	}
	start := time.Now()
	var reply agentwire.NewAgentResponse
	err = r.http.do(ctx, index, http.MethodPost, "/api/v3/newagent/", "Authorization", "Token "+r.token, agentwire.NewAgentRequest{
		AgentID: agentID, Hostname: hostname(index), Site: agentwire.FlexInt(r.opts.Site), MonitoringType: monitoringType(index),
		GoArch: "amd64", Platform: platform(index),
	}, &reply)
	if err != nil {
		return identity{}, err
	}
	r.enrolments.add(time.Since(start))
	return identity{Index: index, AgentID: agentID, Token: reply.Token, PK: reply.PK, Site: r.opts.Site}, nil
}

// installerToken takes the given token or makes one with the API key.
func (r *run) installerToken(ctx context.Context) error {
	if r.token = r.opts.Token; r.token != "" {
		return nil
	}
	if r.opts.Key == "" {
		return fmt.Errorf("%w: enrolling needs an installer token or an API key", ErrOptions)
	}
	var site struct {
		Client int64 `json:"client"`
	}
	if err := r.http.do(ctx, 0, http.MethodGet, fmt.Sprintf("/clients/sites/%d/", r.opts.Site), "X-API-KEY", r.opts.Key, nil, &site); err != nil {
		return fmt.Errorf("look up site %d: %w", r.opts.Site, err)
	}
	token, err := r.mintToken(ctx, site.Client)
	if err != nil {
		return fmt.Errorf("make an installer token: %w", err)
	}
	r.token = token
	return nil
}

// connectAll opens every connection at no more than ConnectRate per second, or evenly over a time.
func (r *run) connectAll(ctx context.Context, over time.Duration) error {
	rate := float64(r.opts.ConnectRate)
	if over > 0 {
		rate = float64(len(r.agents)) / over.Seconds()
	} else {
		r.progress.phase("connecting", len(r.agents), 0)
	}
	defer r.connects.timed(time.Now())
	pace := newPacer(rate)
	lifetime := ctx // of the connections: the context of the parallel work below ends with it
	return parallel(ctx, max(r.opts.Workers, 64), len(r.agents), func(ctx context.Context, i int) error {
		if !pace.next(ctx) {
			return ctx.Err()
		}
		start := time.Now()
		if err := r.agents[i].connectPatiently(lifetime); err != nil {
			if lifetime.Err() == nil { // else the end of the play cut it off
				r.connects.fail(err)
			}
			return nil
		}
		r.connects.add(time.Since(start))
		if over == 0 {
			r.progress.step()
		}
		return nil
	})
}

// loadChecks asks the server which checks each agent has, as the agent's check loop does.
func (r *run) loadChecks(ctx context.Context) error {
	r.progress.phase("reading checks", len(r.agents), 0)
	err := parallel(ctx, r.opts.Workers, len(r.agents), func(ctx context.Context, i int) error {
		a := r.agents[i]
		var list agentwire.CheckList
		if err := r.http.do(ctx, a.Index, http.MethodGet, "/api/v3/"+a.AgentID+"/runchecks/", "Authorization", "Token "+a.Token, nil, &list); err != nil {
			return fmt.Errorf("read the checks of %s: %w", a.AgentID, err)
		}
		a.checks = list.Checks
		r.progress.step()
		return nil
	})
	if err != nil {
		return err
	}
	for _, a := range r.agents {
		if len(a.checks) > 0 {
			return nil
		}
	}
	return errNoChecks
}

var errNoChecks = errors.New("the agents have no checks: --prepare makes some, or give the site's policy, or the default policy, a ping or script check")
