package coreapi

import (
	"context"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// signingBuiltIn is what somebody reads who brings a token of a signing service: none is needed, so none is kept.
const signingBuiltIn = "No token is needed: signing is built in, and agents come from this server."

// CodeSign is the token of a signing service; there is never one.
type CodeSign struct {
	Token string `json:"token"`
}

func (h handlers) registerCodeSign(r *rest.Router) {
	op := func(method, id, summary string) rest.Operation {
		return rest.Operation{
			Method: method, Path: "/core/codesign/", ID: id, Tag: "core", Summary: summary, Auth: rest.AuthUser, Permission: access.CodeSign,
			Description: "Agents come from this server, signed with its own key. The operations are there for clients that ask.",
		}
	}
	rest.Handle(r, op(http.MethodGet, "getCodeSign", "Read the token of a signing service, of which there is none"),
		func(context.Context, *rest.Call, *struct{}) (CodeSign, error) { return CodeSign{}, nil })
	save := op(http.MethodPatch, "saveCodeSign", "Refuse a token of a signing service")
	save.NotInDemo, save.Errors = true, []int{http.StatusBadRequest}
	rest.Handle(r, save, h.saveCodeSign)
	sign := op(http.MethodPost, "signAgents", "Refuse to sign agents with a token")
	sign.NotInDemo, sign.Errors = true, []int{http.StatusBadRequest}
	rest.Handle(r, sign, func(context.Context, *rest.Call, *struct{}) (string, error) {
		return "", fault.Refused("Invalid token")
	})
	rest.Handle(r, op(http.MethodDelete, "deleteCodeSign", "Forget the token of a signing service"),
		func(context.Context, *rest.Call, *struct{}) (string, error) { return "ok", nil })
}

type codeSignInput struct {
	Body struct {
		Token rest.Field[string] `json:"token" rule:"null,blank,max=1000"`
	}
}

func (h handlers) saveCodeSign(_ context.Context, _ *rest.Call, in *codeSignInput) (string, error) {
	token := strings.ToLower(strings.ReplaceAll(in.Body.Token.Value, " ", ""))
	if _, err := uuid.Parse(token); err != nil || len(token) != len(uuid.Nil.String()) {
		return "", fault.Refused("Invalid token format.")
	}
	return "", fault.Refused(signingBuiltIn)
}
