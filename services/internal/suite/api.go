package suite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
)

// maxAnswer bounds an answer of the REST interface.
const maxAnswer = 8 << 20

// api is a signed-in client of the suite's REST interface.
type api struct {
	base  string
	token string
	http  *http.Client
}

// withAPI signs the administrator in, runs fn and signs him out.
func (s *Suite) withAPI(ctx context.Context, fn func(a *api) error) (err error) {
	a, err := s.signIn(ctx)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, a.call(context.WithoutCancel(ctx), http.MethodPost, "/logout/", nil, nil))
	}()
	return fn(a)
}

// signIn takes a session at the server, as scripts of the operator do: the administrator's second factor is his.
func (s *Suite) signIn(ctx context.Context) (*api, error) {
	token, err := s.rmmctl(ctx, "", "start-session", "--username", s.opts.User)
	if err != nil {
		return nil, err
	}
	return &api{base: s.origin(), token: strings.TrimSpace(token), http: s.http}, nil
}

// call sends one request; out, when not nil, takes the JSON answer.
func (a *api) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode %s %s: %w", method, path, err)
		}
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Authorization", "Token "+a.token)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := a.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end below
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s answers %d: %.300s", method, path, resp.StatusCode, text)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

type clientRow struct {
	ID    int    `json:"id"`
	Name  string `json:"name"`
	Sites []struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	} `json:"sites"`
}

// ensureSite returns the named client and site, which it makes when there is no client at all; else the first ones.
func (a *api) ensureSite(ctx context.Context, client, site string) (clientID, siteID int, err error) {
	var rows []clientRow
	if err := a.call(ctx, http.MethodGet, "/clients/", nil, &rows); err != nil {
		return 0, 0, err
	}
	if len(rows) == 0 {
		in := map[string]any{"client": map[string]any{"name": client}, "site": map[string]any{"name": site}, "custom_fields": []any{}}
		if err := a.call(ctx, http.MethodPost, "/clients/", in, nil); err != nil {
			return 0, 0, err
		}
		if err := a.call(ctx, http.MethodGet, "/clients/", nil, &rows); err != nil {
			return 0, 0, err
		}
	}
	for _, r := range rows {
		for _, s := range r.Sites {
			return r.ID, s.ID, nil
		}
	}
	return 0, 0, errors.New("no client with a site")
}

// installerToken asks for an installer of this machine and returns the token in its command.
func (a *api) installerToken(ctx context.Context, client, site int, base string) (string, error) {
	var out struct {
		Command string `json:"cmd"`
	}
	in := map[string]any{
		"installMethod": "manual", "client": client, "site": site, "expires": 1, "agenttype": "server", "power": 0, "rdp": 0, "ping": 0,
		"goarch": runtime.GOARCH, "plat": runtime.GOOS, "api": base, "fileName": "",
	}
	if err := a.call(ctx, http.MethodPost, "/agents/installer/", in, &out); err != nil {
		return "", err
	}
	words := strings.Fields(out.Command)
	for i, w := range words[:max(len(words)-1, 0)] {
		if w == "--auth" || w == "-auth" {
			return words[i+1], nil
		}
	}
	return "", errors.New("the installer's command has no --auth")
}
