package simulate

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"time"
)

// sampleSet are the metrics of one service at one moment: series (name and labels) to value.
type sampleSet map[string]float64

// Self is the name under which the simulator's own usage is reported: on the server's machine it takes part of the CPU.
const Self = "simulator"

// observe reads the private port of every service, and what the simulator itself used. A service that does not answer is
// left out.
func (r *run) observe(ctx context.Context) map[string]sampleSet {
	seen := map[string]sampleSet{}
	if cpu, memory, ok := ownUsage(); ok {
		seen[Self] = sampleSet{"process_cpu_seconds_total": cpu.Seconds(), "process_resident_memory_bytes": memory}
	}
	for name, address := range r.opts.Metrics {
		if set, err := scrape(ctx, address); err == nil {
			seen[name] = set
		}
	}
	return seen
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

// Usage is what one service used. CPU is in cores, memory in MiB.
type Usage struct {
	Service string  `json:"service"`
	CPU     float64 `json:"cpu_cores"`
	Memory  float64 `json:"memory_mib"`
}

func usage(before, after map[string]sampleSet, took time.Duration) []Usage {
	var out []Usage
	for name, now := range after {
		u := Usage{Service: name, Memory: now["process_resident_memory_bytes"] / (1 << 20)}
		if then, ok := before[name]; ok && took > 0 {
			u.CPU = (now["process_cpu_seconds_total"] - then["process_cpu_seconds_total"]) / took.Seconds()
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
