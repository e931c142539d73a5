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
	"strconv"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
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
	now     func() time.Time
	log     *zap.Logger

	mu     sync.Mutex
	asking bool // one caller asks; the others get what was known before
	found  string
	err    error
	until  time.Time
}

// New returns a source for a product that runs in the given version. url answers with the newest release as JSON, in "tag_name"
// as the releases of code hosts do, or in "version"; with "" nothing is ever newer.
func New(url, running string, client *http.Client, now func() time.Time, log *zap.Logger) *Source {
	return &Source{url: url, running: running, client: client, now: now, log: log}
}

// Release returns the newest release when it is newer than the running one, "" when it is not or nobody is asked.
func (s *Source) Release(ctx context.Context) (string, error) {
	if s.url == "" {
		return "", nil
	}
	s.refresh(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil || !newer(s.found, s.running) {
		return "", s.err
	}
	return s.found, nil
}

// refresh asks when what is known is old and nobody else does.
func (s *Source) refresh(ctx context.Context) {
	s.mu.Lock()
	if s.asking || s.now().Before(s.until) {
		s.mu.Unlock()
		return
	}
	s.asking = true
	s.mu.Unlock()

	ask, cancel := context.WithTimeout(context.WithoutCancel(ctx), within) // the answer is kept for others as well
	defer cancel()
	found, err := s.ask(ask)
	next := keep
	if err != nil {
		next = tryAgain
		s.log.Warn("whether there is a newer release is not known", zap.Error(err))
	}
	s.mu.Lock()
	s.asking, s.found, s.err, s.until = false, found, err, s.now().Add(next)
	s.mu.Unlock()
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

// newer compares versions of three numbers; a version with an addition (0.2.0-rc1) comes before the one without.
func newer(a, b string) bool {
	a, aAddition, _ := strings.Cut(a, "-")
	b, bAddition, _ := strings.Cut(b, "-")
	x, y := strings.Split(a, "."), strings.Split(b, ".")
	for i := range min(len(x), len(y)) {
		n, errN := strconv.Atoi(x[i])
		m, errM := strconv.Atoi(y[i])
		if errN != nil || errM != nil || n != m {
			return errN == nil && errM == nil && n > m
		}
	}
	return aAddition == "" && bAddition != ""
}
