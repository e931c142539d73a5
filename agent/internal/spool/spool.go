// Package spool keeps results on disk until the server has acknowledged them.
//
// Each record is one file whose name orders it. A record exists once its file has been renamed into place and the
// directory is synced; a crash before that leaves a temporary file, which is removed at the next start. Several
// processes may append to one spool (a task started by hand beside the service); only the one that holds the lock
// delivers.
package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
	"go.uber.org/zap"
)

const (
	suffix     = ".rec"
	tempSuffix = ".tmp"
)

// ErrTooLarge means that one record alone exceeds the bound of the spool.
var ErrTooLarge = errors.New("record is larger than the spool")

// Record is one HTTP request that has to reach the server.
type Record struct {
	ID     string    `json:"id"` // stays the same over all attempts
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Queued time.Time `json:"queued"`
	Body   []byte    `json:"-"`
}

// Entry is a stored record.
type Entry struct {
	Record
	// Seen is when this process first knew of the record. Unlike Queued it does not suffer from a clock that is set: ages
	// are counted from it.
	Seen time.Time
	name string
	size int64
}

// Options bounds a spool.
type Options struct {
	MaxBytes   int64 // default 64 MiB
	MaxRecords int   // default 20,000
	Log        *zap.Logger
	Now        func() time.Time
}

// Spool is a directory of records.
type Spool struct {
	dir  string
	opts Options

	mu      sync.Mutex
	files   []file // oldest first
	bytes   int64
	last    int64 // time part of the newest name
	dropped uint64
	wake    chan struct{}
}

type file struct {
	name string
	size int64
	seen time.Time
}

// Open prepares the directory (mode 0700) and finds the records of earlier runs.
func Open(dir string, opts Options) (*Spool, error) {
	if opts.MaxBytes <= 0 {
		opts.MaxBytes = 64 << 20
	}
	if opts.MaxRecords <= 0 {
		opts.MaxRecords = 20_000
	}
	if opts.Log == nil {
		opts.Log = zap.NewNop()
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &Spool{dir: dir, opts: opts, wake: make(chan struct{}, 1)}
	if err := s.Rescan(); err != nil {
		return nil, err
	}
	return s, nil
}

// Append stores a record durably. When the spool is full the oldest records are dropped and counted. An empty ID is
// filled in.
func (s *Spool) Append(rec Record) error {
	if rec.ID == "" {
		rec.ID = uuid.NewString()
	}
	if rec.Queued.IsZero() {
		rec.Queued = s.opts.Now().UTC()
	}
	data, err := encode(rec)
	if err != nil {
		return fmt.Errorf("append to spool: %w", err)
	}
	if int64(len(data)) > s.opts.MaxBytes {
		return fmt.Errorf("append to spool: %w", ErrTooLarge)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.makeRoom(int64(len(data)))
	name := s.nextName(rec.ID)
	if err := writeDurably(s.dir, name, data); err != nil {
		return fmt.Errorf("append to spool: %w", err)
	}
	s.files = append(s.files, file{name: name, size: int64(len(data)), seen: s.opts.Now()})
	s.bytes += int64(len(data))
	s.signal()
	return nil
}

// nextName gives names that sort in the order of appending, also when the clock steps back.
func (s *Spool) nextName(id string) string {
	s.last = max(s.last+1, s.opts.Now().UnixNano())
	if len(id) > 8 {
		id = id[:8]
	}
	return fmt.Sprintf("%020d-%s%s", s.last, safe(id), suffix)
}

// safe keeps a name a single path element.
func safe(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, id)
}

// makeRoom drops the oldest records until n more bytes fit.
func (s *Spool) makeRoom(n int64) {
	for len(s.files) > 0 && (s.bytes+n > s.opts.MaxBytes || len(s.files) >= s.opts.MaxRecords) {
		oldest := s.files[0]
		if err := os.Remove(filepath.Join(s.dir, oldest.name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			s.opts.Log.Error("cannot remove the oldest spooled result", zap.Error(err))
		}
		s.forget(0)
		s.dropped++
		s.opts.Log.Warn("spool is full, oldest result dropped", zap.Uint64("dropped_total", s.dropped))
	}
}

func (s *Spool) forget(i int) {
	s.bytes -= s.files[i].size
	s.files = append(s.files[:i], s.files[i+1:]...)
}

// Oldest returns the first record, or false when the spool is empty. Files that cannot be read as a record are removed
// and counted as dropped.
func (s *Spool) Oldest() (Entry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.files) > 0 {
		f := s.files[0]
		path := filepath.Join(s.dir, f.name)
		data, err := os.ReadFile(path)
		if err == nil {
			var rec Record
			if rec, err = decode(data); err == nil {
				return Entry{Record: rec, Seen: f.seen, name: f.name, size: f.size}, true
			}
			s.dropped++
			s.opts.Log.Error("damaged result removed from the spool", zap.Error(err))
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			s.opts.Log.Error("cannot read or remove a spooled result", zap.Error(err))
		}
		s.forget(0)
	}
	return Entry{}, false
}

// Remove deletes a record that was acknowledged or can never be.
func (s *Spool) Remove(e Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.files {
		if f.name == e.name {
			s.forget(i)
			break
		}
	}
	if err := os.Remove(filepath.Join(s.dir, e.name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("remove from spool: %w", err)
	}
	return nil
}

// Defer moves a record behind all others, so that one that the server keeps failing on does not hold up the rest.
func (s *Spool) Defer(e Entry) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := s.nextName(e.ID)
	if err := os.Rename(filepath.Join(s.dir, e.name), filepath.Join(s.dir, name)); err != nil {
		return fmt.Errorf("defer in spool: %w", err)
	}
	for i, f := range s.files {
		if f.name == e.name {
			s.forget(i)
			break
		}
	}
	s.files = append(s.files, file{name: name, size: e.size, seen: e.Seen})
	s.bytes += e.size
	return nil
}

// Len is the number of records, Dropped the number lost to the bound or to damage since Open.
func (s *Spool) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.files)
}

// Dropped is the number of records lost to the bound or to damage since Open.
func (s *Spool) Dropped() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// Wait returns when something may have been appended, after the given time, or when the context ends.
func (s *Spool) Wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-s.wake:
	case <-t.C:
	}
}

func (s *Spool) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Rescan reads the directory anew: it finds what other processes appended, and clears what a crash left half-written.
func (s *Spool) Rescan() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return fmt.Errorf("scan spool: %w", err)
	}
	now := s.opts.Now()
	seen := make(map[string]time.Time, len(s.files))
	for _, f := range s.files {
		seen[f.name] = f.seen
	}
	s.files, s.bytes = s.files[:0], 0
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		switch {
		case strings.HasSuffix(e.Name(), suffix):
			f := file{name: e.Name(), size: info.Size(), seen: now}
			if at, known := seen[f.name]; known {
				f.seen = at
			}
			s.files = append(s.files, f)
			s.bytes += info.Size()
		case strings.HasSuffix(e.Name(), tempSuffix) && s.opts.Now().Sub(info.ModTime()) > time.Hour:
			// Older than any write can take: its writer is gone.
			if err := os.Remove(filepath.Join(s.dir, e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
				return fmt.Errorf("scan spool: %w", err)
			}
		}
	}
	sort.Slice(s.files, func(i, j int) bool { return s.files[i].name < s.files[j].name })
	if n := len(s.files); n > 0 {
		var t int64
		if _, err := fmt.Sscanf(s.files[n-1].name, "%d-", &t); err == nil {
			s.last = max(s.last, t)
		}
	}
	return nil
}
