package rest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// observation is what a request tells about itself for its log line and metrics while it is served.
type observation struct {
	id        string
	operation string
	refusal   string
	status    int // overrides the response's, for clients that went away
	principal *access.Principal
	frequent  bool // Operation.Frequent
}

type observationKey struct{}

// observed returns the request's observation; outside of a request a blank one.
func observed(ctx context.Context) *observation {
	if o, ok := ctx.Value(observationKey{}).(*observation); ok {
		return o
	}
	return &observation{}
}

// observe gives the request its id, recovers from panics, and writes one log line and the metrics at the end.
func (r *Router) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		started := r.options.Now()
		obs := &observation{id: log.CleanRequestID(c.Request().Header.Get(log.RequestIDHeader))}
		// The id travels on in the context: into NATS headers, jobs and whatever else logs for this request.
		ctx := log.WithRequestID(context.WithValue(c.Request().Context(), observationKey{}, obs), obs.id)
		c.SetRequest(c.Request().WithContext(ctx))
		c.Response().Header().Set(log.RequestIDHeader, obs.id)
		c.Response().Header().Set("X-Content-Type-Options", "nosniff")
		c.Response().Header().Set("X-Frame-Options", "DENY")
		c.Response().Header().Set("Referrer-Policy", "same-origin")
		defer func() {
			cause := recover()
			if cause != nil && !isAbort(cause) {
				err = fmt.Errorf("panic: %v", cause)
				r.options.Log.Error("operation panicked", zap.Any("panic", cause), zap.String(log.FieldRequestID, obs.id),
					zap.String(log.FieldOperation, obs.operation), zap.ByteString("stack", debug.Stack()))
				obs.refusal = "panic"
				if !c.Response().Committed {
					asProblem := strings.HasPrefix(c.Request().URL.Path, "/v1/")
					err = sendAnswer(c.Response(), answerOf(err), asProblem, obs.id)
				}
			}
			r.record(c, obs, r.options.Now().Sub(started))
			if cause != nil && (isAbort(cause) || err != nil) {
				panic(http.ErrAbortHandler)
			}
		}()
		err = next(c)
		if err != nil {
			r.unrouted(err, c)
		}
		return nil
	}
}

func isAbort(cause any) bool {
	err, ok := cause.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}

func (r *Router) record(c echo.Context, obs *observation, took time.Duration) {
	status := c.Response().Status
	if obs.status != 0 {
		status = obs.status
	}
	r.metrics.record(obs, c.Request().Method, status, took)
	level := zap.InfoLevel
	// An agent that is throttled is named by its handler from time to time; a line for each refusal would let it flood the log.
	if obs.frequent && (status < http.StatusMultipleChoices || status == http.StatusTooManyRequests) {
		level = zap.DebugLevel
	}
	entry := r.options.Log.Check(level, "request served")
	if entry == nil {
		return
	}
	fields := []zap.Field{
		zap.String(log.FieldRequestID, obs.id), zap.String(log.FieldMethod, c.Request().Method), zap.String(log.FieldPath, c.Request().URL.Path),
		zap.Int(log.FieldStatus, status), zap.Float64(log.FieldDurationMS, float64(took.Microseconds())/1000),
		zap.Int64(log.FieldBytes, c.Response().Size), zap.String(log.FieldOperation, obs.operation),
		zap.String(log.FieldRemoteIP, r.clientIP.of(c.Request())),
	}
	if p := obs.principal; p.Authenticated() {
		if p.Kind == access.Agent {
			fields = append(fields, zap.String(log.FieldAgentID, p.AgentID))
		} else {
			fields = append(fields, zap.String(log.FieldUser, p.Username), zap.String("credential", string(p.Kind)))
		}
	}
	if obs.refusal != "" {
		fields = append(fields, zap.String(log.FieldReason, obs.refusal))
	}
	entry.Write(fields...)
}

// checkHost refuses requests for other host names than ours.
func (r *Router) checkHost(next echo.HandlerFunc) echo.HandlerFunc {
	allowed := r.options.AllowedHosts
	if len(allowed) == 0 || slices.Contains(allowed, "*") {
		return next
	}
	return func(c echo.Context) error {
		host := c.Request().Host
		if name, _, err := net.SplitHostPort(host); err == nil {
			host = name
		}
		host = strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
		if slices.Contains(allowed, host) {
			return next(c)
		}
		observed(c.Request().Context()).refusal = "host"
		return sendPage(c.Response(), http.StatusBadRequest)
	}
}

const (
	corsMethods = "DELETE, GET, OPTIONS, PATCH, POST, PUT"
	corsHeaders = "accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with, x-request-id"
)

// cors lets the web app's origins call with credentials (rest-1.md §1.9).
func (r *Router) cors(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		req, h := c.Request(), c.Response().Header()
		origin := req.Header.Get("Origin")
		preflight := req.Method == http.MethodOptions && req.Header.Get("Access-Control-Request-Method") != ""
		h.Add("Vary", "Origin") // also without one, for caches between
		if origin != "" {
			if slices.Contains(r.options.WebOrigins, origin) {
				h.Set("Access-Control-Allow-Origin", origin)
				h.Set("Access-Control-Allow-Credentials", "true")
				h.Set("Access-Control-Expose-Headers", "X-Request-Id")
				if preflight {
					h.Set("Access-Control-Allow-Methods", corsMethods)
					h.Set("Access-Control-Allow-Headers", corsHeaders)
					h.Set("Access-Control-Max-Age", "86400")
				}
			}
		}
		if preflight {
			h.Set("Content-Length", "0")
			c.Response().WriteHeader(http.StatusOK)
			return nil
		}
		return next(c)
	}
}
