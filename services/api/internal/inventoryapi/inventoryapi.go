// Package inventoryapi declares the operations that read what agents report about software and Windows updates
// (rest-2.md §7, §8).
package inventoryapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/patches"
	"github.com/gueencode/gueenrmm/pkg/settings"
	"github.com/gueencode/gueenrmm/pkg/software"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Agents finds an agent in a caller's scope.
type Agents interface {
	Find(ctx context.Context, scope access.Scope, agentID string) (agents.Ref, error)
}

// Settings gives the settings of the product.
type Settings interface {
	Get(ctx context.Context) (settings.Core, error)
}

// Deps are what the operations work with.
type Deps struct {
	Agents   Agents
	Settings Settings
	Software *software.Service
	Patches  *patches.Service
}

type handlers struct{ Deps }

// Register adds the operations.
func Register(r *rest.Router, d Deps) {
	h := handlers{d}
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/software/", ID: "listSoftware", Tag: "software", Summary: "List the installed software of all agents",
		Auth: rest.AuthUser, Permission: access.ListSoftware, Scope: rest.ScopeList,
	}, h.listSoftware)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/software/{agent_id}/", ID: "getAgentSoftware", Tag: "software", Summary: "Read the installed software of an agent",
		Description: "An agent that has never sent its list answers with an empty list.",
		Auth:        rest.AuthUser, Permission: access.ListSoftware, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
		Outputs: []any{InstalledSoftware{}, []string{}},
	}, h.agentSoftware)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/winupdate/{agent_id}/", ID: "listAgentUpdates", Tag: "winupdate", Summary: "List the Windows updates of an agent",
		Auth: rest.AuthUser, Permission: access.ManageWinUpdates, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
	}, h.updates)
}

type agentInput struct {
	AgentID rest.AgentID `path:"agent_id"`
}

// InstalledSoftware is the software list of one agent.
type InstalledSoftware struct {
	ID       int32           `json:"id"`
	Software json.RawMessage `json:"software"`
	Agent    int32           `json:"agent"`
}

func (h handlers) listSoftware(ctx context.Context, c *rest.Call, _ *struct{}) (rest.Stream[InstalledSoftware], error) {
	return func(yield func(InstalledSoftware, error) bool) {
		err := h.Software.ForEach(ctx, c.Principal.Scope, func(in software.Installed) error {
			if !yield(InstalledSoftware(in), nil) {
				return context.Canceled
			}
			return nil
		})
		if err != nil && ctx.Err() == nil {
			yield(InstalledSoftware{}, err)
		}
	}, nil
}

func (h handlers) agentSoftware(ctx context.Context, c *rest.Call, in *agentInput) (any, error) {
	ref, err := h.Agents.Find(ctx, c.Principal.Scope, string(in.AgentID))
	if err != nil {
		return nil, err
	}
	found, err := h.Software.OfAgent(ctx, ref.PK)
	if err != nil {
		return nil, err
	}
	if found == nil {
		return []string{}, nil
	}
	return InstalledSoftware(*found), nil
}

// WinUpdate is one Windows update of an agent. DateInstalled is wall-clock time in the default time zone.
type WinUpdate struct {
	ID             int64    `json:"id"`
	DateInstalled  *string  `json:"date_installed"`
	GUID           *string  `json:"guid"`
	KB             *string  `json:"kb"`
	Title          *string  `json:"title"`
	Installed      bool     `json:"installed"`
	Downloaded     bool     `json:"downloaded"`
	Description    *string  `json:"description"`
	Severity       *string  `json:"severity"`
	Categories     []string `json:"categories" nullable:"true"`
	CategoryIDs    []string `json:"category_ids" nullable:"true"`
	KBArticleIDs   []string `json:"kb_article_ids" nullable:"true"`
	MoreInfoURLs   []string `json:"more_info_urls" nullable:"true"`
	SupportURL     *string  `json:"support_url"`
	RevisionNumber *int32   `json:"revision_number"`
	Action         string   `json:"action"`
	Result         string   `json:"result"`
	Agent          int32    `json:"agent"`
}

// installedLayout is the form of the moment of an installation (rest-2.md §8).
const installedLayout = "01 02 2006 15:04"

func (h handlers) updates(ctx context.Context, c *rest.Call, in *agentInput) ([]WinUpdate, error) {
	ref, err := h.Agents.Find(ctx, c.Principal.Scope, string(in.AgentID))
	if err != nil {
		return nil, err
	}
	found, err := h.Patches.OfAgent(ctx, ref.PK)
	if err != nil {
		return nil, err
	}
	core, err := h.Settings.Get(ctx)
	if err != nil {
		return nil, err
	}
	zone, err := time.LoadLocation(core.DefaultTimeZone)
	if err != nil {
		return nil, fmt.Errorf("default time zone: %w", err)
	}
	out := make([]WinUpdate, len(found))
	for i, u := range found {
		out[i] = WinUpdate{
			ID: u.ID, GUID: u.GUID, KB: u.KB, Title: u.Title, Installed: u.Installed, Downloaded: u.Downloaded,
			Description: u.Description, Severity: u.Severity, Categories: u.Categories, CategoryIDs: u.CategoryIDs,
			KBArticleIDs: u.KBArticleIDs, MoreInfoURLs: u.MoreInfoURLs, SupportURL: u.SupportURL, RevisionNumber: u.RevisionNumber,
			Action: u.Action, Result: u.Result, Agent: u.Agent,
		}
		if u.DateInstalled != nil {
			text := u.DateInstalled.In(zone).Format(installedLayout)
			out[i].DateInstalled = &text
		}
	}
	return out, nil
}
