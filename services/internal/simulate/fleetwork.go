package simulate

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// bulk runs a script on the whole fleet through the bulk route and waits for the last answer.
func (r *run) bulk(ctx context.Context) error {
	script, err := r.bulkScript(ctx)
	if err != nil {
		return err
	}
	ids := make([]string, len(r.agents))
	for i, a := range r.agents {
		ids[i] = a.AgentID
	}
	start := time.Now()
	err = r.http.do(ctx, 0, http.MethodPost, "/agents/actions/bulk/", "X-API-KEY", r.opts.Key, map[string]any{
		"mode": "script", "target": "agents", "agents": ids, "monType": "all", "osType": "all", "script": script,
		"args": []string{}, "env_vars": []string{}, "timeout": 30, "run_as_user": false,
	}, nil)
	if err != nil {
		return fmt.Errorf("start the bulk script: %w", err)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
			if r.answers.count.Load() >= int64(len(ids)) {
				r.sent.add(time.Since(start))
				return nil
			}
		}
	}
}

const bulkScriptName = "Simulated load"

// bulkScript finds or makes the script that the bulk scenario runs.
func (r *run) bulkScript(ctx context.Context) (int64, error) {
	return ensureScript(ctx, r.http, WithKey(r.opts.Key))
}

// findScript returns the id of the script of simulations, 0 when there is none.
func findScript(ctx context.Context, c *client, as Caller) (int64, error) {
	var scripts []struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	if err := c.do(ctx, 0, http.MethodGet, "/scripts/", as.Header, as.Value, nil, &scripts); err != nil {
		return 0, fmt.Errorf("list scripts: %w", err)
	}
	for _, s := range scripts {
		if s.Name == bulkScriptName {
			return s.ID, nil
		}
	}
	return 0, nil
}

// ensureScript returns the id of the script of simulations, which it makes when there is none.
func ensureScript(ctx context.Context, c *client, as Caller) (int64, error) {
	if id, err := findScript(ctx, c, as); err != nil || id != 0 {
		return id, err
	}
	if err := c.do(ctx, 0, http.MethodPost, "/scripts/", as.Header, as.Value, map[string]any{
		"name": bulkScriptName, "shell": "shell", "script_body": "#!/bin/sh\necho simulated\n", "default_timeout": 30, "args": []string{},
		"env_vars": []string{}, "syntax": "", "category": "Simulation", "description": "Made by rmmctl simulate",
	}, nil); err != nil {
		return 0, fmt.Errorf("add the script: %w", err)
	}
	return findScript(ctx, c, as)
}

// mintToken makes an installer token through the installer route, the way administrators do.
func (r *run) mintToken(ctx context.Context, client int64) (string, error) {
	var reply struct {
		Cmd string `json:"cmd"`
	}
	err := r.http.do(ctx, 0, http.MethodPost, "/agents/installer/", "X-API-KEY", r.opts.Key, map[string]any{
		"installMethod": "manual", "client": client, "site": r.opts.Site, "expires": 24, "agenttype": "server", "power": 0, "rdp": 0,
		"ping": 0, "goarch": "amd64", "plat": "windows", "api": r.opts.API, "fileName": "simulated",
	}, &reply)
	if err != nil {
		return "", err
	}
	return tokenOf(reply.Cmd)
}
