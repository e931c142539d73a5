package simulate

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Limits keep a mistyped number from becoming an attack.
const (
	maxAgents      = 200_000
	maxDuration    = 24 * time.Hour
	maxRate        = 1_000_000
	maxSpeed       = 10_000
	maxConnectRate = 100_000
	maxSettle      = time.Hour
	maxWorkers     = 10_000
	maxSources     = 250
)

// ErrOptions is wrapped by every complaint about options.
var ErrOptions = errors.New("simulate")

// Check complains about everything that is wrong with the options, in one error with a line for each. NaN is never between.
func (o *Options) Check() error {
	var wrong []error
	complain := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("%w: "+format, append([]any{ErrOptions}, args...)...))
		}
	}
	complain(slices.Contains(Scenarios(), o.Scenario), "there is no scenario %q; the scenarios are %s", o.Scenario, list(Scenarios()))
	complain(o.Agents > 0 && o.Agents <= maxAgents, "agents must be between 1 and %d, not %d", maxAgents, o.Agents)
	complain(o.First >= 0 && o.First <= 1<<31-1-maxAgents, "the first agent must be 0 or above, not %d", o.First)
	complain(o.Duration > 0 && o.Duration <= maxDuration, "the duration must be above 0 and at most %s, not %s", maxDuration, o.Duration)
	complain(o.Rate >= 0 && o.Rate <= maxRate, "the rate must be between 0 and %d per second, not %v", maxRate, o.Rate)
	complain(o.Speed > 0 && o.Speed <= maxSpeed, "the speed must be above 0 and at most %d, not %v", maxSpeed, o.Speed)
	complain(o.Changed >= 0 && o.Changed <= 1, "the changed share must be between 0 and 1, not %v", o.Changed)
	complain(o.Workers > 0 && o.Workers <= maxWorkers, "workers must be between 1 and %d, not %d", maxWorkers, o.Workers)
	complain(o.ConnectRate > 0 && o.ConnectRate <= maxConnectRate, "the connect rate must be between 1 and %d per second, not %d", maxConnectRate, o.ConnectRate)
	complain(o.Settle >= 0 && o.Settle <= maxSettle, "the time to settle must be between 0 and %s, not %s", maxSettle, o.Settle)
	complain(o.Site > 0, "the site must be the number of a site, not %d", o.Site)
	complain(o.Sources >= 1 && o.Sources <= maxSources, "sources must be between 1 and %d, not %d", maxSources, o.Sources)
	wrong = append(wrong, o.checkAddresses()...)
	return errors.Join(wrong...)
}

// checkAddresses looks at everything that names a server.
func (o *Options) checkAddresses() (wrong []error) {
	complain := func(err error) {
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%w: %w", ErrOptions, err))
		}
	}
	complain(checkAddress("API", o.API, "http", "https"))
	complain(checkAddress("NATS", o.NATS, "nats", "tls", "ws", "wss"))
	for service, address := range o.Metrics {
		complain(checkAddress("metrics address of "+service, address, "http", "https"))
	}
	for name, port := range o.Watch {
		if port < 1 || port > 1<<16-1 {
			complain(fmt.Errorf("the port of %s must be between 1 and 65535, not %d", name, port))
		}
	}
	if o.Database != "" {
		if _, err := pgx.ParseConfig(o.Database); err != nil {
			complain(errors.New("the database address is not one of Postgres, such as postgres://user:password@host:5432/name"))
		}
	}
	if o.Sources > 1 && len(wrong) == 0 && (!onLoopback(o.API) || !onLoopback(o.NATS)) {
		complain(errors.New("several sources are addresses 127.0.0.x, from which only a server on this machine is reached; " +
			"for another server take several machines, each with its own --first"))
	}
	return wrong
}

func checkAddress(what, address string, schemes ...string) error {
	if address == "" {
		return fmt.Errorf("the %s address is missing", what)
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || !slices.Contains(schemes, u.Scheme) {
		return fmt.Errorf("the %s address must begin with %s:// and name a host, not %q", what, strings.Join(schemes, ":// or "), address)
	}
	return nil
}

// onLoopback tells whether a server is reached over 127.0.0.0/8.
func onLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.To4() != nil && ip.IsLoopback()
}

func list[T ~string](names []T) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = string(n)
	}
	return strings.Join(words, ", ")
}
