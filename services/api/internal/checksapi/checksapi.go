// Package checksapi declares the operations of checks, and of automation policies and tasks as far as checks need them
// (rest-2.md §1-3).
package checksapi

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/gueencode/gueenrmm/pkg/checks"
	"github.com/gueencode/gueenrmm/pkg/policies"
	"github.com/gueencode/gueenrmm/pkg/tasks"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Deps are what the operations work with.
type Deps struct {
	Checks   *checks.Service
	Tasks    *tasks.Service
	Policies *policies.Service
}

type handlers struct {
	checks   *checks.Service
	tasks    *tasks.Service
	policies *policies.Service
}

// Register adds the operations.
func Register(r *rest.Router, d Deps) {
	h := handlers{checks: d.Checks, tasks: d.Tasks, policies: d.Policies}
	h.registerChecks(r)
	h.registerCheckActions(r)
	h.registerTasks(r)
	h.registerPolicies(r)
}

type pkInput struct {
	PK int32 `path:"pk"`
}

type agentInput struct {
	AgentID rest.AgentID `path:"agent_id"`
}

// OrEmpty is an object that is written as {} where there is none.
type OrEmpty[T any] struct{ Value *T }

// MarshalJSON writes the object or {}.
func (o OrEmpty[T]) MarshalJSON() ([]byte, error) {
	if o.Value == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(o.Value)
}

// Schema describes the type in the API description.
func (OrEmpty[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{
		r.Schema(reflect.TypeFor[T](), true, ""), {Type: huma.TypeObject, Description: "empty", AdditionalProperties: false},
	}}
}
