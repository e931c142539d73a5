package scriptsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

const snippetSaved = "Script snippet was saved successfully"

func (h handlers) registerSnippets(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/scripts/snippets/", ID: "listSnippets", Tag: tag, Summary: "List script snippets",
		Auth: rest.AuthUser, Permission: access.ListScripts,
	}, h.listSnippets)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/scripts/snippets/", ID: "createSnippet", Tag: tag, Summary: "Add a script snippet",
		MaxBody: maxScript, Auth: rest.AuthUser, Permission: access.ManageScripts, Errors: []int{http.StatusBadRequest},
	}, h.createSnippet)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/scripts/snippets/{pk}/", ID: "getSnippet", Tag: tag, Summary: "Read a script snippet",
		Auth: rest.AuthUser, Permission: access.ListScripts, Errors: []int{http.StatusNotFound},
	}, h.getSnippet)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/scripts/snippets/{pk}/", ID: "updateSnippet", Tag: tag, Summary: "Change a script snippet",
		MaxBody: maxScript, Auth: rest.AuthUser, Permission: access.ManageScripts, Partial: true,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.updateSnippet)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/scripts/snippets/{pk}/", ID: "deleteSnippet", Tag: tag, Summary: "Delete a script snippet",
		Auth: rest.AuthUser, Permission: access.ManageScripts, Errors: []int{http.StatusNotFound},
	}, h.deleteSnippet)
}

func (h handlers) listSnippets(ctx context.Context, _ *rest.Call, _ *struct{}) ([]ScriptSnippet, error) {
	found, err := h.scripts.Snippets(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]ScriptSnippet, len(found))
	for i := range found {
		out[i] = toSnippet(&found[i])
	}
	return out, nil
}

func (h handlers) createSnippet(ctx context.Context, _ *rest.Call, in *struct{ Body snippetInput }) (string, error) {
	n := scripts.Snippet{Shell: scripts.PowerShell}
	in.Body.apply(&n)
	return snippetSaved, h.scripts.CreateSnippet(ctx, n)
}

func (h handlers) getSnippet(ctx context.Context, _ *rest.Call, in *pkInput) (ScriptSnippet, error) {
	n, err := h.scripts.Snippet(ctx, in.PK)
	if err != nil {
		return ScriptSnippet{}, err
	}
	return toSnippet(n), nil
}

func (h handlers) updateSnippet(ctx context.Context, _ *rest.Call, in *struct {
	PK   int32 `path:"pk"`
	Body snippetInput
}) (string, error) {
	return snippetSaved, h.scripts.EditSnippet(ctx, in.PK, in.Body.apply)
}

func (h handlers) deleteSnippet(ctx context.Context, _ *rest.Call, in *pkInput) (string, error) {
	return "Script snippet was deleted successfully", h.scripts.DeleteSnippet(ctx, in.PK)
}
