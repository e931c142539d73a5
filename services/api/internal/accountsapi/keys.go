package accountsapi

import (
	"context"
	"net/http"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// APIKey is a script's credential.
type APIKey struct {
	ID           int32      `json:"id"`
	Username     string     `json:"username"`
	Name         string     `json:"name"`
	Key          string     `json:"key"`
	Expiration   *rest.Time `json:"expiration"`
	User         int32      `json:"user"`
	CreatedBy    *string    `json:"created_by"`
	CreatedTime  *rest.Time `json:"created_time"`
	ModifiedBy   *string    `json:"modified_by"`
	ModifiedTime *rest.Time `json:"modified_time"`
}

func (h handlers) registerKeys(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/accounts/apikeys/", ID: "listApiKeys", Tag: tag, Summary: "List API keys",
		Auth: rest.AuthUser, Permission: access.ListAPIKeys,
	}, h.listKeys)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/accounts/apikeys/", ID: "createApiKey", Tag: tag, Summary: "Create an API key",
		Description: "The key is chosen by the server and read in the list.",
		Auth:        rest.AuthUser, Permission: access.ManageAPIKeys, NotInDemo: true,
	}, h.createKey)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/accounts/apikeys/{pk}/", ID: "updateApiKey", Tag: tag, Summary: "Change an API key",
		Auth: rest.AuthUser, Permission: access.ManageAPIKeys, NotInDemo: true, Partial: true, Errors: []int{http.StatusNotFound},
	}, h.updateKey)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/accounts/apikeys/{pk}/", ID: "deleteApiKey", Tag: tag, Summary: "Delete an API key",
		Auth: rest.AuthUser, Permission: access.ManageAPIKeys, NotInDemo: true, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, _ *rest.Call, in *byPK) (string, error) {
		return message("The API Key was deleted", h.accounts.DeleteAPIKey(ctx, in.PK))
	})
}

func (h handlers) listKeys(ctx context.Context, _ *rest.Call, _ *none) ([]APIKey, error) {
	keys, err := h.accounts.APIKeys(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]APIKey, len(keys))
	for i, k := range keys {
		out[i] = APIKey{ID: k.ID, Username: k.Username, Name: k.Name, Key: k.Key, Expiration: rest.AtPtr(k.Expiration), User: k.UserID,
			CreatedBy: k.CreatedBy, CreatedTime: rest.AtPtr(k.CreatedTime), ModifiedBy: k.ModifiedBy, ModifiedTime: rest.AtPtr(k.ModifiedTime)}
	}
	return out, nil
}

type keyBody struct {
	Name       rest.Field[string]    `json:"name" rule:"required,max=25,pattern=name"`
	Expiration rest.Field[time.Time] `json:"expiration" rule:"null"`
	User       rest.Field[int32]     `json:"user" rule:"required,ref=user"`
}

func (h handlers) createKey(ctx context.Context, _ *rest.Call, in *struct{ Body keyBody }) (string, error) {
	err := h.accounts.AddAPIKey(ctx, in.Body.Name.Value, in.Body.User.Value, in.Body.Expiration.Ptr())
	return message("The API Key was added", err)
}

func (h handlers) updateKey(ctx context.Context, _ *rest.Call, in *struct {
	PK   int32 `path:"pk"`
	Body keyBody
}) (string, error) {
	err := h.accounts.UpdateAPIKey(ctx, in.PK, func(k *accounts.APIKey) {
		in.Body.Name.Apply(&k.Name)
		in.Body.User.Apply(&k.UserID)
		in.Body.Expiration.ApplyNull(&k.Expiration)
	})
	return message("The API Key was edited", err)
}
