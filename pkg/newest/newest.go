// Package newest asks whether there is a newer release of the product, where the operator names an address that knows
// (rest-1.md §7, dashinfo). Nobody is asked otherwise: an installation does not call home by itself.
package newest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/version"
)

// Limits of a look-up.
const (
	within   = 5 * time.Second
	keep     = 6 * time.Hour    // what was found
	tryAgain = 10 * time.Minute // after a failure
	maxBytes = 1 << 20
)

// Source is the address that is asked.
type Source struct {
	url     string
	running string
	client  *http.Client
	log     *zap.Logger

	mu    sync.Mutex
	found string
	err   error
}

// New returns a source for a product that runs in the given version. url answers with the newest release as JSON, in "tag_name"
// as the releases of code hosts do, or in "version"; with "" nothing is ever newer.
func New(url, running string, client *http.Client, log *zap.Logger) *Source {
	return &Source{url: url, running: running, client: client, log: log}
}

// Release returns the newest release when it is newer than the running one, "" when it is not or nobody is asked. failed says
// that the last answer was none. It waits for nobody.
func (s *Source) Release() (newer string, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || !version.Newer(s.found, s.running) {
		return "", s.err != nil
	}
	return s.found, false
}

// Run asks until the context ends. Use it with lifecycle.Group.Go.
func (s *Source) Run(ctx context.Context) error {
	var again <-chan time.Time // never, with nobody to ask
	for {
		if s.url != "" {
			again = time.After(s.refresh(ctx))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again:
		}
	}
}

// refresh asks, and returns for how long what is known then is good.
func (s *Source) refresh(ctx context.Context) time.Duration {
	limited, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	found, err := s.ask(limited)
	next := keep
	if err != nil && ctx.Err() == nil {
		next = tryAgain
		s.log.Warn("whether there is a newer release is not known", zap.Error(err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.found, s.err = found, err
	return next
}

var release = regexp.MustCompile(`^v?([0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}(-[0-9A-Za-z.-]{1,50})?)$`)

func (s *Source) ask(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return "", fmt.Errorf("ask for the newest release: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := s.client.Do(req)
	if err != nil {
		return "", fmt.Errorf("ask for the newest release: %w", err)
	}
	defer resp.Body.Close() //nolint:errcheck // read as far as it is wanted
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("ask for the newest release: the answer is %s", resp.Status)
	}
	var answer struct {
		TagName string `json:"tag_name"`
		Version string `json:"version"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxBytes)).Decode(&answer); err != nil {
		return "", fmt.Errorf("ask for the newest release: %w", err)
	}
	text := answer.TagName
	if text == "" {
		text = answer.Version
	}
	found := release.FindStringSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("ask for the newest release: %.50q is no version", text)
	}
	return found[1], nil
}
