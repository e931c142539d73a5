package faults

import (
	"os"
	"time"
)

// scale is what differs between the short and the long form.
type scale struct {
	agents    int           // honest agents
	rate      float64       // results per second of ordinary load
	beats     float64       // hellos per second
	away      time.Duration // how long Postgres is away
	far       int           // agents whose network is cut
	cut       time.Duration // how long the network of some agents is cut
	attack    time.Duration // how long the hostile agent is at it
	stops     int           // SIGTERMs to each service
	rows      int           // outbox rows
	checks    int           // script checks of the real agent
	store     int64         // bytes of the JetStream store
	padding   int           // bytes of output of the results that fill it
	silent    int           // connections that never authenticate
	memoryMiB float64       // by how much a service may grow
	effect    effect        // that one hostile agent may have on the others
}

// effect is what the honest agents may notice. The machine has work of its own, so that it is a bound and no measurement.
type effect struct {
	share   float64 // of their rate that they must get
	times95 float64 // times as long may the slowest twentieth of their results take (0: as long as it does),
	slack95 float64 // and so many milliseconds more
}

func scaleOf() scale {
	if os.Getenv("FAULTS") == "long" {
		return scale{
			agents: 1000, rate: 300, beats: 1000, away: 2 * time.Minute, far: 100, cut: time.Minute, attack: 2 * time.Minute, stops: 10, rows: 10_000,
			checks: 60, store: 96 << 20, padding: 256 << 10, silent: 1000, memoryMiB: 192,
			effect: effect{share: 0.85, times95: 3, slack95: 100},
		}
	}
	return scale{
		agents: 100, rate: 100, beats: 100, away: 10 * time.Second, far: 20, cut: 5 * time.Second, attack: 8 * time.Second, stops: 2, rows: 600,
		checks: 20, store: 6 << 20, padding: 32 << 10, silent: 100, memoryMiB: 128,
		// Other tests run beside this one, which is most of what slows a result: only a share that no load explains is bounded.
		effect: effect{share: 0.05},
	}
}
