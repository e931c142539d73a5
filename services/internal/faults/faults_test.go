package faults

import (
	"context"
	"testing"
	"time"
)

// TestNothingAcknowledgedIsLost breaks one suite in every way, one after the other, while results and heartbeats flow.
func TestNothingAcknowledgedIsLost(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	st := raise(ctx, t)
	// These crashes come first: what worker and natsapi had in hand is given to the next one only after a minute.
	box := st.crashWorker(ctx, t)
	consumed := st.crashConsumer(ctx, t)
	mails := st.crashMailer(ctx, t)
	for _, fault := range []struct {
		name string
		try  func(ctx context.Context, t *testing.T, st *stage)
	}{
		{"each process killed but the bus", killEach("api", "realtime", "beat", "web", "redis", "postgres")},
		{"postgres away", postgresAway},
		{"store full", storeFull},
		{"stopped during a flush", stopDuringFlush},
		{"network cut", networkCut},
		{"clocks a year off", clocksOff},
		{"agent with a spool", agentWithSpool},
		{"outbox", box.settle},
		{"mails about alerts", mails.settle},
		{"books of the simulator", booksOfSimulator},
		{"hostile agent", hostileAgent},
		{"results in a dead consumer's hands", func(ctx context.Context, t *testing.T, _ *stage) { consumed.settle(ctx, t, "kill -9 natsapi") }},
		{"bus and worker killed", killEach("nats-server", "worker")},
	} {
		ok := t.Run(fault.name, func(t *testing.T) { // one fault at a time, on the same suite
			began := time.Now()
			fault.try(ctx, t, st)
			t.Logf("%s took %.1f s", fault.name, time.Since(began).Seconds())
		})
		if !ok {
			return
		}
	}
}
