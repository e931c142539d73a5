package coreapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/selfcheck"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// statusPage is the content type of what the status routes answer when they refuse (rest-1.md §7, Monitoring).
const statusPage = "text/html; charset=utf-8"

// Checker looks at the whole installation.
type Checker interface {
	Look(ctx context.Context) (selfcheck.Report, error)
}

// StatusHead is what both status routes tell first.
type StatusHead struct {
	Version              string `json:"version"`
	LatestAgentVersion   string `json:"latest_agent_version"`
	AgentCount           int64  `json:"agent_count"`
	ClientCount          int64  `json:"client_count"`
	SiteCount            int64  `json:"site_count"`
	DiskUsagePercent     int    `json:"disk_usage_percent"`
	MemUsagePercent      int    `json:"mem_usage_percent"`
	DaysUntilCertExpires int    `json:"days_until_cert_expires"`
	CertExpired          bool   `json:"cert_expired"`
	RedisPing            bool   `json:"redis_ping"`
}

// SystemStatus is the state of the installation for monitoring systems. The names are those of the contract: daphne serves
// the WebSockets, celery is the worker, celerybeat the scheduler of periodic jobs, nats-api takes what agents send.
type SystemStatus struct {
	StatusHead
	QueueLen        int             `json:"celery_queue_len" doc:"waiting tasks; -1 when it is not known"`
	QueueHealth     string          `json:"celery_queue_health" enum:"healthy,unhealthy"`
	NATSPing        bool            `json:"nats_std_ping"`
	NATSWSPing      bool            `json:"nats_ws_ping"`
	MeshPing        bool            `json:"mesh_ping"`
	ServicesRunning map[string]bool `json:"services_running"`
}

// OldStatus is the deprecated form.
type OldStatus struct {
	StatusHead
	ServicesRunning map[string]bool `json:"services_running"`
}

func (h handlers) registerStatus(r *rest.Router) {
	if h.Product.Demo {
		return
	}
	// Every method is answered: monitors of deployed systems know the texts.
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		op := rest.Operation{
			Method: method, Auth: rest.AuthPublic, Tag: "core", NoPermission: "the monitoring token of the installation is asked for", Unaudited: "only reads",
			AnyAccept: true, NoHead: true, MaxBody: 64 << 10, Errors: []int{http.StatusBadRequest, http.StatusUnauthorized},
		}
		v2, v1 := op, op
		v2.Path, v2.ID, v2.Summary = "/core/v2/status/", "systemStatus"+method, "Tell monitoring systems how the installation does"
		v2.Hidden, v2.Outputs = method != http.MethodGet, []any{SystemStatus{}}
		v1.Path, v1.ID, v1.Summary = "/core/status/", "oldSystemStatus"+method, "Tell monitoring systems how the installation does (deprecated)"
		v1.Hidden, v1.Outputs = method != http.MethodPost, []any{OldStatus{}}
		if method == http.MethodGet {
			rest.Handle(r, v2, h.status)
		} else {
			rest.Handle(r, v2, wrongMethod)
		}
		if method == http.MethodPost {
			rest.Handle(r, v1, h.oldStatus)
		} else {
			rest.Handle(r, v1, wrongMethod)
		}
	}
}

// page answers with a line of text.
func page(c *rest.Call, status int, text string) (any, error) {
	c.SetStatus(status)
	return rest.Content{Type: statusPage, Data: []byte(text + "\n")}, nil
}

func wrongMethod(_ context.Context, c *rest.Call, _ *struct{}) (any, error) {
	return page(c, http.StatusBadRequest, "Invalid request type")
}

// monitor says whether the token is the installation's, in a time that does not depend on how much of it is right.
func (h handlers) monitor(token string) bool {
	want, got := sha256.Sum256([]byte(h.Product.MonToken)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

func (h handlers) status(ctx context.Context, c *rest.Call, _ *struct{}) (any, error) {
	given, sent := c.Request.Header["X-Mon-Token"]
	switch {
	case !sent || len(given) == 0:
		return page(c, http.StatusUnauthorized, "Missing X-Mon-Token header")
	case h.Product.MonToken == "":
		return page(c, http.StatusUnauthorized, "Missing mon token")
	case !h.monitor(given[0]):
		return page(c, http.StatusUnauthorized, "Not authenticated")
	}
	report, err := h.Checker.Look(ctx)
	if err != nil {
		return nil, err
	}
	health := "unhealthy"
	if report.QueueHealthy() {
		health = "healthy"
	}
	return indented(SystemStatus{
		StatusHead: h.statusHead(report), QueueLen: report.QueueLength, QueueHealth: health, NATSPing: report.Bus, NATSWSPing: report.NATSWeb,
		ServicesRunning: map[string]bool{
			"mesh": false, "daphne": report.Realtime, "celery": report.Worker, "celerybeat": report.Beat, "redis": report.Redis,
			"nats": report.Bus, "nats-api": report.Ingest,
		},
	})
}

type oldStatusInput struct{ Body rest.RawBody }

func (h handlers) oldStatus(ctx context.Context, c *rest.Call, in *oldStatusInput) (any, error) {
	var body map[string]any
	if err := json.Unmarshal(bytes.TrimSpace(in.Body), &body); err != nil {
		return page(c, http.StatusBadRequest, "Invalid json")
	}
	auth, sent := body["auth"]
	token, _ := auth.(string)
	switch {
	case !sent:
		return page(c, http.StatusBadRequest, "Invalid payload")
	case h.Product.MonToken == "":
		return page(c, http.StatusUnauthorized, "Missing token")
	case !h.monitor(token):
		return page(c, http.StatusUnauthorized, "Not authenticated")
	}
	report, err := h.Checker.Look(ctx)
	if err != nil {
		return nil, err
	}
	return indented(OldStatus{StatusHead: h.statusHead(report), ServicesRunning: map[string]bool{
		"django": true, "mesh": false, "daphne": report.Realtime, "celery": report.Worker, "celerybeat": report.Beat, "redis": report.Redis,
		"postgres": report.Database, "mongo": false, "nats": report.Bus, "nats-api": report.Ingest, "nginx": report.Frontdoor,
	}})
}

func (h handlers) statusHead(r selfcheck.Report) StatusHead {
	return StatusHead{
		Version: h.Product.Version, LatestAgentVersion: h.Product.AgentVersion, AgentCount: r.Agents, ClientCount: r.Clients, SiteCount: r.Sites,
		DiskUsagePercent: r.DiskPercent, MemUsagePercent: r.MemoryPercent, DaysUntilCertExpires: r.CertDays, CertExpired: r.CertExpired,
		RedisPing: r.Redis,
	}
}

func indented(v any) (any, error) {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("encode status: %w", err)
	}
	return json.RawMessage(raw), nil
}
