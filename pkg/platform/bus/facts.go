package bus

import (
	"encoding/json"
	"fmt"
)

// Fact is a small statement about something that has happened and is committed (proto/events).
type Fact interface {
	// Subject is where the fact is published.
	Subject() string
}

// PublishFacts tells the other services. Facts are nudges: one that cannot be sent costs latency only, so an error is
// counted and returned for the caller's log, and never undoes what it reports.
func (c *Conn) PublishFacts(facts ...Fact) error {
	for _, f := range facts {
		data, err := json.Marshal(f)
		if err == nil {
			err = c.nc.Publish(f.Subject(), data)
		}
		if err != nil {
			c.metrics.facts.WithLabelValues("lost").Inc()
			return fmt.Errorf("publish fact %s: %w", f.Subject(), err)
		}
		c.metrics.facts.WithLabelValues("sent").Inc()
	}
	return nil
}
