package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"reflect"
	"slices"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/audit"
)

// Options is what the layer needs from outside. Zero values are replaced by what the comments say.
type Options struct {
	Log      *zap.Logger           // required
	Users    Users                 // required
	Agents   Agents                // nil: every agent route answers 401
	Metrics  prometheus.Registerer // nil: a registry of its own
	Throttle ThrottleStore         // nil: counters in memory
	Now      func() time.Time      // nil: time.Now

	AllowedHosts   []string       // host names without port; empty or "*" allows all
	WebOrigins     []string       // origins of the web app, for CORS
	TrustedProxies []netip.Prefix // peers whose forwarding headers count; nil: loopback
	Demo           bool           // rest-1.md §1.12
	APITitle       string         // of the API description; "" means "Gueen RMM API"
	Version        string         // of the API description

	// Audit writes a row about a call that changed something and of which the domain wrote none; nil: nobody does. The body is
	// what was sent as JSON, or nil.
	Audit func(ctx context.Context, c *Call, body []byte, before any) error

	// Before reads what an audited operation is about before it is done; nil: rows of Audit do not say. It is called once the caller
	// may do it and the input is read.
	Before  func(ctx context.Context, c *Call, body []byte) (any, error)
	Rewrite func(path string) string // nil: none; gives the routed path for an alternative form of it
}

// ReferenceFunc returns those of the given keys that have no row.
type ReferenceFunc func(ctx context.Context, ids []int64) (missing []int64, err error)

// Router holds the operations of the api and serves them.
type Router struct {
	options    Options
	echo       *echo.Echo
	views      map[string]*view // by echo path
	routes     []*route
	references map[string]ReferenceFunc
	metrics    *metrics
	clientIP   *clientIP
	problems   []error // wrong declarations, reported together by Check
}

// route is one operation with its compiled input and its handler.
type route struct {
	Operation
	input  *inputPlan
	in     reflect.Type
	output reflect.Type
	run    func(ctx context.Context, c *Call, w http.ResponseWriter) error
}

// New returns a router without operations.
func New(options Options) (*Router, error) {
	if options.Log == nil || options.Users == nil {
		return nil, errors.New("rest: Log and Users are required")
	}
	if options.Metrics == nil {
		options.Metrics = prometheus.NewRegistry()
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.Throttle == nil {
		options.Throttle = NewMemoryThrottle()
	}
	if options.APITitle == "" {
		options.APITitle = "Gueen RMM API"
	}
	m, err := newMetrics(options.Metrics)
	if err != nil {
		return nil, fmt.Errorf("rest metrics: %w", err)
	}
	r := &Router{
		options: options, echo: echo.New(), views: map[string]*view{}, references: map[string]ReferenceFunc{},
		metrics: m, clientIP: newClientIP(options.TrustedProxies),
	}
	r.echo.HideBanner, r.echo.HidePort = true, true
	r.echo.HTTPErrorHandler = r.unrouted
	r.echo.Pre(r.observe, r.checkHost, r.cors)
	r.echo.Use(middleware.GzipWithConfig(middleware.GzipConfig{Level: 5, MinLength: 1400}))
	return r, nil
}

// Handle adds an operation. The input is a struct: fields tagged path, query or header, and a field named Body. The output
// is what is sent as JSON, or Empty, Content, Stream[T]. See the package comment for an example.
func Handle[In, Out any](r *Router, op Operation, fn func(ctx context.Context, c *Call, in *In) (Out, error)) {
	op.withDefaults()
	rt := &route{Operation: op, in: reflect.TypeFor[In](), output: reflect.TypeFor[Out]()}
	input, err := planInput(rt.in)
	if err != nil {
		r.problems = append(r.problems, fmt.Errorf("operation %s: %w", op.ID, err))
		return
	}
	rt.input = input
	rt.run = func(ctx context.Context, c *Call, w http.ResponseWriter) error {
		in := new(In)
		if err := r.read(ctx, c, input, reflect.ValueOf(in).Elem()); err != nil {
			return err
		}
		before := r.before(ctx, c)
		out, err := fn(ctx, c, in)
		if err != nil {
			return err
		}
		if !c.authorised {
			return fmt.Errorf("operation %s answered without having authorised the caller", c.Operation.ID)
		}
		r.audit(ctx, c, before)
		return c.write(w, out)
	}
	r.add(rt)
}

// before returns what an audit row shows as the state before the change. What cannot be read is missing there: the change itself
// must not fail for it.
func (r *Router) before(ctx context.Context, c *Call) any {
	if r.options.Before == nil || !c.Operation.Audited() {
		return nil
	}
	state, err := r.options.Before(ctx, c, c.body)
	if err != nil {
		c.Log.Warn("the state before a change is not known", zap.Error(err))
		return nil
	}
	return state
}

// audit sees to it that every change by a person is in the audit log. The change has happened by now, so that a row that cannot
// be written must not make the caller try again: the program's log keeps what is known.
func (r *Router) audit(ctx context.Context, c *Call, before any) {
	if r.options.Audit == nil || !c.Operation.Audited() || audit.Noted(ctx) {
		return
	}
	if err := r.options.Audit(ctx, c, c.body, before); err != nil {
		c.Log.Error("change without a row in the audit log", zap.Any("params", c.params), zap.Error(err))
	}
}

func (r *Router) add(rt *route) {
	r.routes = append(r.routes, rt)
	path := pathParam.ReplaceAllString(rt.Path, ":$1")
	v := r.views[path]
	if v == nil {
		v = &view{router: r, path: rt.Path, methods: map[string]*route{}}
		r.views[path] = v
		r.echo.Any(path, v.serve)
	}
	if err := v.add(rt); err != nil {
		r.problems = append(r.problems, err)
	}
}

// Reference gives the lookup of a kind of row that bodies name in `ref` rules.
func (r *Router) Reference(kind string, find ReferenceFunc) { r.references[kind] = find }

// Check returns everything that is wrong with the declarations: the api does not start with any.
func (r *Router) Check() error {
	problems := slices.Clone(r.problems)
	ids := map[string]string{}
	for _, rt := range r.routes {
		if err := rt.Check(); err != nil {
			problems = append(problems, err)
		}
		if other, taken := ids[rt.ID]; taken {
			problems = append(problems, fmt.Errorf("operation id %s is used by %s and %s", rt.ID, other, rt.Path))
		}
		ids[rt.ID] = rt.Path
		problems = append(problems, rt.check(r.references)...)
	}
	return errors.Join(problems...)
}

func (rt *route) check(references map[string]ReferenceFunc) []error {
	var problems []error
	complain := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("operation %s: "+format, append([]any{rt.ID}, args...)...))
	}
	if rt.output.Kind() == reflect.Interface && len(rt.Outputs) == 0 {
		complain("output type any needs Outputs")
	}
	if hidden := undescribed(rt.output, map[reflect.Type]bool{}); hidden != "" {
		complain("output embeds the unexported %s: its fields are sent but not described; export it", hidden)
	}
	declared := map[string]bool{}
	for _, p := range rt.input.params {
		if p.in == "path" {
			declared[p.name] = true
		}
	}
	for _, name := range rt.Params() {
		if !declared[name] {
			complain("path parameter %s has no field", name)
		}
		delete(declared, name)
		if name == "agent_id" && rt.Scope == ScopeNone && rt.Auth != AuthAgent {
			complain("an agent in the path needs a scope")
		}
	}
	for name := range declared {
		complain("field for path parameter %s that the path does not have", name)
	}
	if rt.input.body != nil {
		for _, kind := range rt.input.body.refs() {
			if references[kind] == nil {
				complain("no reference lookup for %q", kind)
			}
		}
	}
	return problems
}

// undescribed returns the first unexported struct that an output type embeds: encoding/json sends its fields, the
// description leaves them out.
func undescribed(t reflect.Type, seen map[reflect.Type]bool) string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return undescribed(t.Elem(), seen)
	case reflect.Struct:
	default:
		return ""
	}
	if seen[t] || t == timeType || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]()) {
		return ""
	}
	seen[t] = true
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && !f.IsExported() && f.Type.Kind() == reflect.Struct {
			return f.Type.String()
		}
		if !f.IsExported() {
			continue
		}
		if hidden := undescribed(f.Type, seen); hidden != "" {
			return hidden
		}
	}
	return ""
}

func (p *bodyPlan) refs() []string {
	var kinds []string
	for _, f := range p.fields {
		if f.rules.ref != "" {
			kinds = append(kinds, f.rules.ref)
		}
		if f.body != nil {
			kinds = append(kinds, f.body.refs()...)
		}
	}
	return kinds
}

// Operations returns every operation in the order of registration.
func (r *Router) Operations() []Operation {
	out := make([]Operation, len(r.routes))
	for i, rt := range r.routes {
		out[i] = rt.Operation
	}
	return out
}

// ResetThrottles forgets every throttle counter (rest-1.md §1.8).
func (r *Router) ResetThrottles(ctx context.Context) error { return r.options.Throttle.Reset(ctx) }

// ServeHTTP implements http.Handler.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	if r.options.Rewrite != nil {
		if path := r.options.Rewrite(req.URL.Path); path != req.URL.Path {
			routed, address := *req, *req.URL
			address.Path, address.RawPath = path, ""
			routed.URL = &address
			req = &routed
		}
	}
	r.echo.ServeHTTP(w, req)
}
