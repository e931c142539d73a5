package coreapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/keystore"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Stamps are the stamps of an audited row.
type Stamps struct {
	CreatedBy    *string    `json:"created_by"`
	CreatedTime  *rest.Time `json:"created_time"`
	ModifiedBy   *string    `json:"modified_by"`
	ModifiedTime *rest.Time `json:"modified_time"`
}

// KeyStoreEntry is a named text (rest-1.md §2).
type KeyStoreEntry struct {
	ID    int32  `json:"id"`
	Name  string `json:"name"`
	Value string `json:"value"`
	Stamps
}

// keyed is the path of one row.
type keyed struct {
	PK int32 `path:"pk"`
}

func (h handlers) registerKeyStore(r *rest.Router) {
	op := func(method, path, id, summary string, p access.Permission, errors ...int) rest.Operation {
		return rest.Operation{
			Method: method, Path: "/core/keystore/" + path, ID: id, Tag: "core", Summary: summary, Auth: rest.AuthUser,
			Permission: p, Errors: errors, Partial: true,
		}
	}
	rest.Handle(r, op(http.MethodGet, "", "listKeyStore", "List the key store", access.ViewKeyStore), h.listKeyStore)
	rest.Handle(r, op(http.MethodPost, "", "createKeyStoreEntry", "Add an entry to the key store", access.EditKeyStore, http.StatusBadRequest), h.createKeyStoreEntry)
	rest.Handle(r, op(http.MethodPut, "{pk}/", "updateKeyStoreEntry", "Change an entry of the key store", access.EditKeyStore,
		http.StatusBadRequest, http.StatusNotFound), h.updateKeyStoreEntry)
	rest.Handle(r, op(http.MethodDelete, "{pk}/", "deleteKeyStoreEntry", "Delete an entry of the key store", access.EditKeyStore, http.StatusNotFound),
		h.deleteKeyStoreEntry)
}

func (h handlers) listKeyStore(ctx context.Context, _ *rest.Call, _ *struct{}) ([]KeyStoreEntry, error) {
	list, err := h.KeyStore.List(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]KeyStoreEntry, len(list))
	for i, e := range list {
		out[i] = KeyStoreEntry{ID: e.ID, Name: e.Name, Value: e.Value, Stamps: Stamps{e.CreatedBy, rest.AtPtr(e.CreatedTime), e.ModifiedBy, rest.AtPtr(e.ModifiedTime)}}
	}
	return out, nil
}

type keyStoreBody struct {
	Name  rest.Field[string] `json:"name" rule:"max=25,pattern=name"`
	Value rest.Field[string] `json:"value" rule:"max=200000"`
}

type createKeyStoreInput struct{ Body keyStoreBody }

func (h handlers) createKeyStoreEntry(ctx context.Context, _ *rest.Call, in *createKeyStoreInput) (string, error) {
	// The reference stores an entry without a name, which no placeholder can reach.
	if err := rest.Require(map[string]bool{"name": in.Body.Name.Present()}, "name"); err != nil {
		return "", err
	}
	if _, err := h.KeyStore.Create(ctx, in.Body.Name.Value, in.Body.Value.Value); err != nil {
		return "", err
	}
	return "ok", nil
}

type updateKeyStoreInput struct {
	PK   int32 `path:"pk"`
	Body keyStoreBody
}

func (h handlers) updateKeyStoreEntry(ctx context.Context, _ *rest.Call, in *updateKeyStoreInput) (string, error) {
	err := h.KeyStore.Update(ctx, in.PK, func(e *keystore.Entry) {
		in.Body.Name.Apply(&e.Name)
		in.Body.Value.Apply(&e.Value)
	})
	if err != nil {
		return "", err
	}
	return "ok", nil
}

func (h handlers) deleteKeyStoreEntry(ctx context.Context, _ *rest.Call, in *keyed) (string, error) {
	if err := h.KeyStore.Delete(ctx, in.PK); err != nil {
		return "", err
	}
	return "ok", nil
}
