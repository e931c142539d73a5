// Package scriptsapi declares the operations of scripts and snippets (rest-2.md §5).
package scriptsapi

import (
	"context"
	"fmt"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

type handlers struct {
	scripts *scripts.Service
	tester  *scripts.Tester
}

const tag = "scripts"

// Register adds the operations.
func Register(r *rest.Router, svc *scripts.Service, tester *scripts.Tester) {
	h := handlers{scripts: svc, tester: tester}
	h.registerScripts(r)
	h.registerSnippets(r)
}

func (h handlers) registerScripts(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/scripts/", ID: "listScripts", Tag: tag, Summary: "List scripts by category",
		Auth: rest.AuthUser, Permission: access.ListScripts,
	}, h.list)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/scripts/", ID: "createScript", Tag: tag, Summary: "Add a script", MaxBody: maxScript,
		Auth: rest.AuthUser, Permission: access.ManageScripts, Errors: []int{http.StatusBadRequest},
	}, h.create)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/scripts/{pk}/", ID: "getScript", Tag: tag, Summary: "Read a script",
		Auth: rest.AuthUser, Permission: access.ListScripts, Errors: []int{http.StatusNotFound},
	}, h.get)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/scripts/{pk}/", ID: "updateScript", Tag: tag, Summary: "Change a script", MaxBody: maxScript,
		Auth: rest.AuthUser, Permission: access.ManageScripts, Partial: true,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.update)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/scripts/{pk}/", ID: "deleteScript", Tag: tag, Summary: "Delete a script and the checks that run it",
		Auth: rest.AuthUser, Permission: access.ManageScripts, Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.delete)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/scripts/{pk}/download/", ID: "downloadScript", Tag: tag, Summary: "Read a script's code with a file name",
		Auth: rest.AuthUser, Permission: access.ListScripts, Errors: []int{http.StatusNotFound},
	}, h.download)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/scripts/{agent_id}/test/", ID: "testScript", Tag: tag, Summary: "Run code on an agent without storing it",
		MaxBody: maxScript, Timeout: testTimeout, NotInDemo: true, Auth: rest.AuthUser, Permission: access.RunScripts, Scope: rest.ScopeAgent,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound}, Outputs: []any{ScriptTestResult{}, ""},
	}, h.test)
}

func (h handlers) list(ctx context.Context, _ *rest.Call, in *struct {
	Community *string `query:"showCommunityScripts" doc:"false or empty leaves builtin scripts out"`
	Hidden    *string `query:"showHiddenScripts" doc:"true includes hidden scripts"`
}) ([]ScriptRow, error) {
	filter := scripts.Filter{Community: true}
	if in.Community != nil {
		filter.Community = *in.Community != "" && *in.Community != "false"
	}
	filter.Hidden = in.Hidden != nil && *in.Hidden == "true"
	found, err := h.scripts.List(ctx, filter)
	if err != nil {
		return nil, err
	}
	out := make([]ScriptRow, len(found))
	for i := range found {
		out[i] = toRow(&found[i])
	}
	return out, nil
}

func (h handlers) create(ctx context.Context, c *rest.Call, in *struct{ Body input }) (string, error) {
	sc := scripts.New()
	in.Body.apply(&sc)
	if err := h.scripts.Create(ctx, c.Principal, sc); err != nil {
		return "", err
	}
	return sc.Name + " was added!", nil
}

type pkInput struct {
	PK int32 `path:"pk"`
}

func (h handlers) get(ctx context.Context, _ *rest.Call, in *pkInput) (Script, error) {
	sc, err := h.scripts.Get(ctx, in.PK)
	if err != nil {
		return Script{}, err
	}
	return toScript(sc), nil
}

func (h handlers) update(ctx context.Context, c *rest.Call, in *struct {
	PK   int32 `path:"pk"`
	Body input
}) (string, error) {
	only := scripts.OnlyNothing
	switch {
	case in.Body.Favorite.Set:
		only = scripts.OnlyFavorite
	case in.Body.Hidden.Set:
		only = scripts.OnlyHidden
	}
	name, err := h.scripts.Edit(ctx, c.Principal, in.PK, only, in.Body.apply)
	if err != nil {
		return "", err
	}
	return name + " was edited!", nil
}

func (h handlers) delete(ctx context.Context, _ *rest.Call, in *pkInput) (string, error) {
	name, err := h.scripts.Delete(ctx, in.PK)
	if err != nil {
		return "", err
	}
	return name + " was deleted!", nil
}

func (h handlers) download(ctx context.Context, _ *rest.Call, in *struct {
	PK       int32   `path:"pk"`
	Snippets *string `query:"with_snippets" doc:"false leaves snippet tags as they are"`
}) (ScriptDownload, error) {
	raw := in.Snippets != nil && *in.Snippets == "false"
	filename, code, err := h.scripts.Download(ctx, in.PK, raw)
	return ScriptDownload{Filename: filename, Code: code}, err
}

func (h handlers) test(ctx context.Context, c *rest.Call, in *testInput) (any, error) {
	b := in.Body
	answer, err := h.tester.Run(ctx, c.Principal, string(in.AgentID), scripts.TestRun{
		Code: b.Code.Value, Timeout: int(b.Timeout.Value), Args: b.Args.Value, Shell: b.Shell.Value, RunAsUser: b.RunAsUser.Value,
		EnvVars: b.EnvVars.Value,
	})
	if err != nil {
		return nil, fmt.Errorf("test script: %w", err)
	}
	return answer, nil
}
