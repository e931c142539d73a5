package coreapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/selfcheck"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Part is one part of the installation.
type Part struct {
	Name    string `json:"name"`
	Running bool   `json:"running"`
}

// Health is the state of the installation for the people who run it; monitors ask /core/v2/status/.
type Health struct {
	Version       string `json:"version"`
	AgentVersion  string `json:"agent_version" doc:"of the newest agent"`
	Release       string `json:"release" doc:"of the product that runs"`
	NewerRelease  string `json:"newer_release" doc:"empty where none is known: nobody is asked unless news.url is set"`
	Agents        int64  `json:"agents"`
	Clients       int64  `json:"clients"`
	Sites         int64  `json:"sites"`
	DiskPercent   *int   `json:"disk_percent" doc:"used; null where it is not known"`
	MemoryPercent *int   `json:"memory_percent" doc:"used; null where it is not known"`
	CertDays      *int   `json:"cert_days" doc:"until the certificate of the public names expires; null where another machine has it"`
	CertExpired   bool   `json:"cert_expired"`
	Waiting       *int   `json:"waiting" doc:"tasks in the queues; null where it is not known"`
	QueueHealthy  bool   `json:"queue_healthy"`
	Parts         []Part `json:"parts"`
}

func (h handlers) registerHealth(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/v1/server/health", ID: "getServerHealth", Tag: "core", Summary: "Tell how the installation does",
		Auth: rest.AuthUser, Permission: access.DoServerMaint,
	}, h.health)
}

func (h handlers) health(ctx context.Context, _ *rest.Call, _ *struct{}) (Health, error) {
	report, err := h.Checker.Look(ctx)
	if err != nil {
		return Health{}, err
	}
	var days *int
	if report.CertKnown {
		days = &report.CertDays
	}
	newer, _ := h.News.Release() // the state of the installation is not worse where that is not known
	return Health{
		Version: h.Product.Version, AgentVersion: h.Product.AgentVersion, Release: h.Product.Release, NewerRelease: newer, Agents: report.Agents, Clients: report.Clients, Sites: report.Sites,
		DiskPercent: known(report.DiskPercent), MemoryPercent: known(report.MemoryPercent), CertDays: days, CertExpired: report.CertExpired,
		Waiting: known(report.QueueLength), QueueHealthy: report.QueueHealthy(), Parts: partsOf(report),
	}, nil
}

// partsOf names the parts as the programs are called.
func partsOf(r selfcheck.Report) []Part {
	return []Part{
		{"database", r.Database}, {"redis", r.Redis}, {"nats", r.Bus}, {"nats websocket", r.NATSWeb}, {"realtime", r.Realtime}, {"natsapi", r.Ingest},
		{"worker", r.Worker}, {"beat", r.Beat}, {"front door", r.Frontdoor},
	}
}

// known turns the report's -1 into nothing.
func known(n int) *int {
	if n < 0 {
		return nil
	}
	return &n
}
