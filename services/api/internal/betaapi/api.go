// Package betaapi declares the read interface of the contract that programs use, with its few writes (rest-2.md §11). It is off
// by default. Unlike the reference it keeps every answer inside the caller's clients and sites.
package betaapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/clients"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

const (
	root       = "/beta/v1/"
	pathAgent  = root + "agent/"
	pathClient = root + "client/"
	pathSite   = root + "site/"
)

// Deps are what the operations need.
type Deps struct {
	Agents    *agents.Service
	Clients   *clients.Service
	PublicURL string // base address of the api, for links
}

type handlers struct{ Deps }

// Register adds the operations.
func Register(r *rest.Router, d Deps) {
	d.PublicURL = strings.TrimSuffix(d.PublicURL, "/")
	h := handlers{d}
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: root, ID: "betaRoot", Tag: "beta", Summary: "Name the lists", Auth: rest.AuthUser,
		NoPermission: "Addresses that the contract publishes.", NoHead: true,
	}, h.root)
	h.registerAgents(r)
	h.registerPlaces(r)
}

func operation(method, path, id, summary string, permission access.Permission, scope rest.Scope, errors ...int) rest.Operation {
	return rest.Operation{
		Method: method, Path: path, ID: id, Tag: "beta", Summary: summary, Auth: rest.AuthUser, Permission: permission, Scope: scope,
		Errors: errors, NoHead: true,
	}
}

// Root names the lists by their addresses.
type Root struct {
	Agent  string `json:"agent"`
	Client string `json:"client"`
	Site   string `json:"site"`
}

func (h handlers) root(context.Context, *rest.Call, *struct{}) (Root, error) {
	return Root{Agent: h.PublicURL + pathAgent, Client: h.PublicURL + pathClient, Site: h.PublicURL + pathSite}, nil
}

// Unsuffixed returns the path of a route for its form with the suffix .json, and other paths as they are (rest-2.md §11).
func Unsuffixed(path string) string {
	if strings.HasSuffix(path, ".json") && (strings.HasPrefix(path, root) || path == strings.TrimSuffix(root, "/")+".json") {
		return strings.TrimSuffix(path, ".json") + "/"
	}
	return path
}
