package simulate

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gueencode/gueenrmm/services/internal/procfs"
)

// sampleSet are the metrics of one service at one moment: series (name and labels) to value.
type sampleSet map[string]float64

// Self is the name under which the simulator's own usage is reported: on the server's machine it takes part of the CPU.
const Self = "simulator"

// How often the services are looked at while the scenario plays, to know the most memory they held.
const lookEvery = 5 * time.Second

// observer watches the services over a scenario.
type observer struct {
	before map[string]sampleSet
	peak   map[string]float64 // most memory seen, by service
	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// watch begins to watch. Call stop, which report does.
func (r *run) watch(ctx context.Context) *observer {
	ctx, cancel := context.WithCancel(ctx)
	w := &observer{before: r.observe(ctx), peak: map[string]float64{}, cancel: cancel}
	w.note(w.before)
	w.ended.Go(func() {
		for wait(ctx, lookEvery) {
			w.note(r.observe(ctx))
		}
	})
	return w
}

func (w *observer) note(seen map[string]sampleSet) {
	for name, set := range seen {
		w.peak[name] = max(w.peak[name], set[residentMemory])
	}
}

func (w *observer) stop() {
	w.cancel()
	w.ended.Wait()
}

// The metrics that every process has.
const (
	residentMemory = "process_resident_memory_bytes"
	processorTime  = "process_cpu_seconds_total"
)

// observe reads the private port of every service, the watched processes, and what the simulator itself used. A service that
// does not answer is left out.
func (r *run) observe(ctx context.Context) map[string]sampleSet {
	seen := map[string]sampleSet{}
	if cpu, memory, ok := ownUsage(); ok {
		seen[Self] = sampleSet{processorTime: cpu.Seconds(), residentMemory: memory}
	}
	if len(r.opts.Watch) > 0 {
		all := procfs.All()
		for name, u := range procfs.Used(all, r.servers.roots(all, r.opts.Watch)) {
			seen[name] = sampleSet{processorTime: u.CPU, residentMemory: u.Memory}
		}
	}
	for name, address := range r.opts.Metrics {
		if set, err := scrape(ctx, address); err == nil {
			seen[name] = set
		}
	}
	return seen
}

// watched remembers which process listens on the port of each watched name: looking for it reads every open file of the machine,
// the sockets of the agents too.
type watched struct {
	mu    sync.Mutex
	known map[int]string
}

func (w *watched) roots(all []procfs.Process, ports map[string]int) map[int]string {
	w.mu.Lock()
	defer w.mu.Unlock()
	alive := 0
	for _, p := range all {
		if w.known[p.PID] != "" {
			alive++
		}
	}
	if alive > 0 && alive == len(w.known) {
		return w.known
	}
	w.known = map[int]string{}
	listeners := procfs.Listeners(all, slices.Collect(maps.Values(ports))...)
	for name, port := range ports {
		if pid, ok := listeners[port]; ok {
			w.known[pid] = name
		}
	}
	return w.known
}

func scrape(ctx context.Context, address string) (sampleSet, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(address, "/")+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // read only
	set := sampleSet{}
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		if at := strings.LastIndexByte(line, ' '); at > 0 {
			if v, err := strconv.ParseFloat(line[at+1:], 64); err == nil {
				set[line[:at]] = v
			}
		}
	}
	return set, lines.Err()
}

// Usage is what one service used. CPU is in cores, memory in MiB: at the end, and the most that was seen.
type Usage struct {
	Service string  `json:"service"`
	CPU     float64 `json:"cpu_cores"`
	Memory  float64 `json:"memory_mib"`
	Peak    float64 `json:"peak_memory_mib"`
}

func (w *observer) usage(after map[string]sampleSet, took time.Duration) []Usage {
	w.note(after)
	var out []Usage
	for name, now := range after {
		u := Usage{Service: name, Memory: now[residentMemory] / (1 << 20), Peak: w.peak[name] / (1 << 20)}
		used := now[processorTime]
		if then := w.before[name][processorTime]; then <= used { // else it was started anew
			used -= then
		}
		if took > 0 {
			u.CPU = used / took.Seconds()
		}
		out = append(out, u)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Service < out[j].Service })
	return out
}

// increase is by how much a counter grew on any service.
func increase(before, after map[string]sampleSet, prefix string) float64 {
	var sum float64
	for service, now := range after {
		for key, v := range now {
			if strings.HasPrefix(key, prefix) {
				sum += v - before[service][key]
			}
		}
	}
	return sum
}

// quantile reads a quantile out of the growth of a histogram's buckets: the upper bound of the bucket that holds it.
func quantile(before, after map[string]sampleSet, name, label string, q float64) (float64, error) {
	grown := map[float64]float64{}
	for service, now := range after {
		for key, v := range now {
			if !strings.HasPrefix(key, name+"_bucket{") || !strings.Contains(key, label) {
				continue
			}
			_, rest, ok := strings.Cut(key, `le="`)
			if !ok {
				continue
			}
			text, _, _ := strings.Cut(rest, `"`)
			bound, err := strconv.ParseFloat(text, 64)
			if err != nil {
				return 0, fmt.Errorf("bucket %q: %w", key, err)
			}
			grown[bound] += v - before[service][key]
		}
	}
	bounds := make([]float64, 0, len(grown))
	var total float64
	for b, n := range grown {
		bounds = append(bounds, b)
		total = max(total, n)
	}
	sort.Float64s(bounds)
	for _, b := range bounds {
		if grown[b] >= q*total {
			return b, nil
		}
	}
	return 0, nil
}
