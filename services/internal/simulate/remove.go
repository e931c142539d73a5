package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"sync/atomic"
)

// Removed counts what Remove took away.
type Removed struct {
	Agents int64
	Ground bool // client, policy, script and API key of Prepare
}

// Removal says what to remove and from where.
type Removal struct {
	API      string
	Site     int64  // besides the client of Prepare, a site whose simulated agents go; 0 for none
	State    string // file with the identities of a fleet, whose agents go wherever they are; it is emptied
	Workers  int
	Progress io.Writer // nil for none

	AgentsOnly bool // what Prepare made stays for the next run
}

// simulatedName is the host name that simulated agents enrol with.
var simulatedName = regexp.MustCompile(`^SIM-\d{6,}$`)

// Remove takes away what runs have left behind: the agents of the state file, those with simulated names in the site and in the
// client of Prepare, and what Prepare made. Everything else stays, also in these places.
func Remove(ctx context.Context, what Removal, as Caller) (Removed, error) {
	if err := checkAddress("API", what.API, "http", "https"); err != nil {
		return Removed{}, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	c := newClient(Options{API: what.API, Insecure: as.Insecure, Workers: max(1, what.Workers)})
	defer c.close()
	r := remover{preparer: preparer{http: c, as: as}, workers: max(1, what.Workers)}
	shown := newProgress(what.Progress, false, func() (connected, failed int64) { return 0, 0 })
	defer shown.stop()
	shown.phase("removing", 0, 0)
	r.step = shown.step
	steps := []func(context.Context) error{
		func(ctx context.Context) error { return r.known(ctx, what.State) },
		func(ctx context.Context) error { return r.ofSite(ctx, what.Site) },
	}
	if !what.AgentsOnly {
		steps = append(steps, r.ground)
	}
	if err := r.all(ctx, steps...); err != nil {
		return r.done(), fmt.Errorf("remove the simulation: %w", err)
	}
	return r.done(), nil
}

type remover struct {
	preparer
	workers int
	step    func()
	agents  atomic.Int64
	grounds bool
}

func (r *remover) done() Removed { return Removed{Agents: r.agents.Load(), Ground: r.grounds} }

// known removes the agents of a state file and empties it.
func (r *remover) known(ctx context.Context, state string) error {
	if state == "" {
		return nil
	}
	identities, err := loadIdentities(state)
	if err != nil {
		return err
	}
	ids := make([]string, 0, len(identities))
	for _, id := range identities {
		ids = append(ids, id.AgentID)
	}
	if err := r.remove(ctx, ids); err != nil {
		return err
	}
	if err := os.Remove(state); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove the identities: %w", err)
	}
	return nil
}

// ofSite removes the agents with simulated names from a site, a page at a time.
func (r *remover) ofSite(ctx context.Context, site int64) error {
	if site <= 0 {
		return nil
	}
	cursor := ""
	for {
		var page struct {
			Items []struct {
				AgentID  string `json:"agent_id"`
				Hostname string `json:"hostname"`
			} `json:"items"`
			Next *string `json:"next_cursor"`
		}
		query := url.Values{"site": {fmt.Sprint(site)}, "q": {"SIM-"}, "sort": {"hostname"}, "limit": {"200"}}
		if cursor != "" {
			query.Set("cursor", cursor)
		}
		if err := r.call(ctx, http.MethodGet, "/v1/agents?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		var ids []string
		for _, item := range page.Items {
			if simulatedName.MatchString(item.Hostname) {
				ids = append(ids, item.AgentID)
			}
		}
		if err := r.remove(ctx, ids); err != nil {
			return err
		}
		if page.Next == nil || *page.Next == "" {
			return nil
		}
		cursor = *page.Next
	}
}

// remove deletes agents, several at a time. One that is gone already is none the less removed.
func (r *remover) remove(ctx context.Context, ids []string) error {
	return parallel(ctx, r.workers, len(ids), func(ctx context.Context, i int) error {
		err := r.call(ctx, http.MethodDelete, "/agents/"+ids[i]+"/", nil, nil)
		if err != nil && !gone(err) {
			return err
		}
		if err == nil {
			r.agents.Add(1)
			r.step()
		}
		return nil
	})
}

func gone(err error) bool {
	var status *statusError
	return errors.As(err, &status) && status.status == http.StatusNotFound
}

// ground removes the client of Prepare with its simulated agents, its policy, script and API key. A client that holds other
// agents too stays.
func (r *remover) ground(ctx context.Context) error {
	var clients []struct {
		ID    int64  `json:"id"`
		Name  string `json:"name"`
		Sites []struct {
			ID int64 `json:"id"`
		} `json:"sites"`
	}
	if err := r.call(ctx, http.MethodGet, "/clients/", nil, &clients); err != nil {
		return err
	}
	for _, c := range clients {
		if c.Name != groundName {
			continue
		}
		r.grounds = true
		for _, s := range c.Sites {
			if err := r.ofSite(ctx, s.ID); err != nil {
				return err
			}
		}
		if err := r.call(ctx, http.MethodDelete, fmt.Sprintf("/clients/%d/", c.ID), nil, nil); err != nil {
			return fmt.Errorf("client %q: %w", groundName, err)
		}
	}
	if policy, err := r.findPolicy(ctx); err != nil {
		return err
	} else if policy != 0 {
		r.grounds = true
		if err := r.call(ctx, http.MethodDelete, fmt.Sprintf("/automation/policies/%d/", policy), nil, nil); err != nil {
			return err
		}
	}
	if script, err := findScript(ctx, r.http, r.as); err != nil {
		return err
	} else if script != 0 {
		r.grounds = true
		if err := r.call(ctx, http.MethodDelete, fmt.Sprintf("/scripts/%d/", script), nil, nil); err != nil {
			return err
		}
	}
	return r.keys(ctx)
}

// keys removes the API key of Prepare, last: it may be the one that this is done with.
func (r *remover) keys(ctx context.Context) error {
	var keys []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	if err := r.call(ctx, http.MethodGet, "/accounts/apikeys/", nil, &keys); err != nil {
		return err
	}
	for _, k := range keys {
		if k.Name == groundName {
			r.grounds = true
			return r.call(ctx, http.MethodDelete, fmt.Sprintf("/accounts/apikeys/%d/", k.ID), nil, nil)
		}
	}
	return nil
}
