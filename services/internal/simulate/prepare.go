package simulate

import (
	"context"
	"fmt"
	"net/http"
)

// Caller is a credential of the REST interface: the header that carries it and its value.
type Caller struct {
	Header, Value string
	Insecure      bool // accept any certificate of the server
}

// WithKey returns the caller with an API key.
func WithKey(key string) Caller { return Caller{Header: "X-API-KEY", Value: key} }

// WithSession returns the caller with a session token.
func WithSession(token string) Caller {
	return Caller{Header: "Authorization", Value: "Token " + token}
}

// SignOut ends the caller's session; a key has none.
func (c Caller) SignOut(ctx context.Context, api string) error {
	if c.Header != "Authorization" {
		return nil
	}
	h := newClient(Options{API: api, Insecure: c.Insecure, Workers: 1})
	defer h.close()
	return preparer{http: h, as: c}.call(ctx, http.MethodPost, "/logout/", nil, nil)
}

// Ground is what simulated agents stand on: the site that takes them and the key to enrol and command them with.
type Ground struct {
	Client int64
	Site   int64
	Key    string
}

const (
	groundName = "Simulation"
	pingChecks = 5 // each to an address of its own: checks with the same identity count once (domain.md §3.2)
)

// Prepare makes, once, what a simulated fleet needs: a client with a site, a default policy for servers and workstations
// with ping checks and a script check, and an API key. It replaces the default policies: use it on a server for tests.
func Prepare(ctx context.Context, api string, as Caller) (Ground, error) {
	c := newClient(Options{API: api, Insecure: as.Insecure, Workers: 1})
	defer c.close()
	p := preparer{http: c, as: as}
	var g Ground
	err := p.all(ctx,
		func(ctx context.Context) (err error) { g.Client, g.Site, err = p.site(ctx); return err },
		p.policy,
		func(ctx context.Context) (err error) { g.Key, err = p.key(ctx); return err },
	)
	if err != nil {
		return Ground{}, fmt.Errorf("prepare the simulation: %w", err)
	}
	return g, nil
}

type preparer struct {
	http *client
	as   Caller
}

func (p preparer) all(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (p preparer) call(ctx context.Context, method, path string, body, out any) error {
	if err := p.http.do(ctx, 0, method, path, p.as.Header, p.as.Value, body, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

func (p preparer) site(ctx context.Context) (clientID, siteID int64, err error) {
	var clients []struct {
		ID    int64  `json:"id"`
		Name  string `json:"name"`
		Sites []struct {
			ID int64 `json:"id"`
		} `json:"sites"`
	}
	for range 2 {
		if err := p.call(ctx, http.MethodGet, "/clients/", nil, &clients); err != nil {
			return 0, 0, err
		}
		for _, c := range clients {
			if c.Name == groundName && len(c.Sites) > 0 {
				return c.ID, c.Sites[0].ID, nil
			}
		}
		err := p.call(ctx, http.MethodPost, "/clients/", map[string]any{
			"client": map[string]any{"name": groundName}, "site": map[string]any{"name": "Fleet"},
		}, nil)
		if err != nil {
			return 0, 0, err
		}
	}
	return 0, 0, fmt.Errorf("client %q was added but is not listed", groundName)
}

// policy makes the default policy with its checks, unless it is there.
func (p preparer) policy(ctx context.Context) error {
	id, err := p.findPolicy(ctx)
	if err != nil || id != 0 {
		return err
	}
	if err := p.call(ctx, http.MethodPost, "/automation/policies/", map[string]any{
		"name": groundName, "desc": "Checks of simulated agents", "active": true, "enforced": false,
	}, nil); err != nil {
		return err
	}
	if id, err = p.findPolicy(ctx); err != nil {
		return err
	}
	script, err := ensureScript(ctx, p.http, p.as)
	if err != nil {
		return err
	}
	common := map[string]any{"policy": id, "fails_b4_alert": 1, "run_interval": 0, "alert_severity": "warning"}
	for i := range pingChecks {
		check := map[string]any{"check_type": "ping", "name": fmt.Sprintf("Simulated %d", i+1), "ip": fmt.Sprintf("127.0.0.%d", i+1)}
		for k, v := range common {
			check[k] = v
		}
		if err := p.call(ctx, http.MethodPost, "/checks/", check, nil); err != nil {
			return err
		}
	}
	check := map[string]any{"check_type": "script", "script": script, "timeout": 30, "script_args": []string{}, "env_vars": []string{},
		"info_return_codes": []int{}, "warning_return_codes": []int{}, "success_return_codes": []int{}}
	for k, v := range common {
		check[k] = v
	}
	if err := p.call(ctx, http.MethodPost, "/checks/", check, nil); err != nil {
		return err
	}
	return p.call(ctx, http.MethodPut, "/core/settings/", map[string]any{"server_policy": id, "workstation_policy": id}, nil)
}

func (p preparer) findPolicy(ctx context.Context) (int64, error) {
	var policies []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	if err := p.call(ctx, http.MethodGet, "/automation/policies/", nil, &policies); err != nil {
		return 0, err
	}
	for _, policy := range policies {
		if policy.Name == groundName {
			return policy.ID, nil
		}
	}
	return 0, nil
}

// key returns the API key of the simulation. It belongs to the caller's user, who must be a superuser.
func (p preparer) key(ctx context.Context) (string, error) {
	var keys []struct {
		Name string `json:"name"`
		Key  string `json:"key"`
	}
	for range 2 {
		if err := p.call(ctx, http.MethodGet, "/accounts/apikeys/", nil, &keys); err != nil {
			return "", err
		}
		for _, k := range keys {
			if k.Name == groundName {
				return k.Key, nil
			}
		}
		var users []struct {
			ID int64 `json:"id"`
		}
		if err := p.call(ctx, http.MethodGet, "/accounts/users/", nil, &users); err != nil {
			return "", err
		}
		if len(users) == 0 {
			return "", fmt.Errorf("no user can own an API key")
		}
		if err := p.call(ctx, http.MethodPost, "/accounts/apikeys/", map[string]any{"name": groundName, "user": users[0].ID}, nil); err != nil {
			return "", err
		}
	}
	return "", fmt.Errorf("API key %q was added but is not listed", groundName)
}
