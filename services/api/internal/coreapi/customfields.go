package coreapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// CustomField is a definition as the contract shows it (rest-1.md §2).
type CustomField struct {
	ID                    int32      `json:"id"`
	Order                 int32      `json:"order"`
	Model                 string     `json:"model"`
	Type                  string     `json:"type"`
	Options               []string   `json:"options"`
	Name                  string     `json:"name"`
	Required              bool       `json:"required"`
	DefaultValueString    *string    `json:"default_value_string"`
	DefaultValueBool      bool       `json:"default_value_bool"`
	DefaultValuesMultiple []string   `json:"default_values_multiple"`
	HideInUI              bool       `json:"hide_in_ui"`
	HideInSummary         bool       `json:"hide_in_summary"`
	CreatedBy             *string    `json:"created_by"`
	CreatedTime           *rest.Time `json:"created_time"`
	ModifiedBy            *string    `json:"modified_by"`
	ModifiedTime          *rest.Time `json:"modified_time"`
}

func toCustomField(d customfields.Definition) CustomField {
	return CustomField{
		ID: d.ID, Order: d.Order, Model: string(d.Model), Type: string(d.Type), Options: d.Options, Name: d.Name,
		Required: d.Required, DefaultValueString: d.DefaultValueString, DefaultValueBool: d.DefaultValueBool,
		DefaultValuesMultiple: d.DefaultValuesMultiple, HideInUI: d.HideInUI, HideInSummary: d.HideInSummary,
		CreatedBy: d.CreatedBy, CreatedTime: rest.AtPtr(d.CreatedTime), ModifiedBy: d.ModifiedBy, ModifiedTime: rest.AtPtr(d.ModifiedTime),
	}
}

func (h handlers) registerCustomFields(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/core/customfields/", ID: "listCustomFields", Tag: "core",
		Summary: "List custom fields", Auth: rest.AuthUser, Permission: access.ViewCustomFields,
	}, h.listCustomFields)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPatch, Path: "/core/customfields/", ID: "listCustomFieldsOfModel", Tag: "core", Partial: true, Unaudited: "only reads",
		Summary: "List the custom fields of one model", Auth: rest.AuthUser, Permission: access.ViewCustomFields,
		Errors: []int{http.StatusBadRequest},
	}, h.patchCustomFields)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/core/customfields/", ID: "createCustomField", Tag: "core", Partial: true,
		Summary: "Add a custom field", Auth: rest.AuthUser, Permission: access.ManageCustomFields,
		Errors: []int{http.StatusBadRequest},
	}, h.createCustomField)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/core/customfields/{pk}/", ID: "getCustomField", Tag: "core",
		Summary: "Read a custom field", Auth: rest.AuthUser, Permission: access.ViewCustomFields, Errors: []int{http.StatusNotFound},
	}, h.getCustomField)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/core/customfields/{pk}/", ID: "updateCustomField", Tag: "core", Partial: true,
		Summary: "Change a custom field", Auth: rest.AuthUser, Permission: access.ManageCustomFields,
		Errors: []int{http.StatusBadRequest, http.StatusNotFound},
	}, h.updateCustomField)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/core/customfields/{pk}/", ID: "deleteCustomField", Tag: "core",
		Summary: "Delete a custom field and its values", Auth: rest.AuthUser, Permission: access.ManageCustomFields,
		Errors: []int{http.StatusNotFound},
	}, h.deleteCustomField)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/v1/customfields/{pk}/usage", ID: "getCustomFieldUsage", Tag: "core",
		Summary:     "Tell how many values would go with a custom field",
		Description: "Counts the values of all owners, as the deletion removes them all; whoever may delete the field may ask.",
		Auth:        rest.AuthUser, Permission: access.ManageCustomFields, Errors: []int{http.StatusNotFound},
	}, h.customFieldUsage)
}

type listCustomFieldsInput struct {
	Model string `query:"model" doc:"client, site or agent"`
}

func (h handlers) listCustomFields(ctx context.Context, _ *rest.Call, in *listCustomFieldsInput) ([]CustomField, error) {
	return h.customFieldsOf(ctx, customfields.Model(in.Model))
}

type patchCustomFieldsInput struct {
	Body struct {
		Model rest.Field[string] `json:"model"`
	}
}

func (h handlers) patchCustomFields(ctx context.Context, _ *rest.Call, in *patchCustomFieldsInput) ([]CustomField, error) {
	if !in.Body.Model.Present() {
		return nil, fault.Refused("The request was invalid")
	}
	return h.customFieldsOf(ctx, customfields.Model(in.Body.Model.Value))
}

func (h handlers) customFieldsOf(ctx context.Context, model customfields.Model) ([]CustomField, error) {
	defs, err := h.CustomFields.List(ctx, model)
	if err != nil {
		return nil, err
	}
	out := make([]CustomField, len(defs))
	for i, d := range defs {
		out[i] = toCustomField(d)
	}
	return out, nil
}

type customFieldBody struct {
	Order                 rest.Field[int32]    `json:"order" rule:"min=0"`
	Model                 rest.Field[string]   `json:"model" rule:"choices=client|site|agent"`
	Type                  rest.Field[string]   `json:"type" rule:"choices=text|number|single|multiple|checkbox|datetime"`
	Options               rest.Field[[]string] `json:"options" rule:"null,max=1000,item.max=255,item.blank"`
	Name                  rest.Field[string]   `json:"name" rule:"max=100,pattern=name"`
	Required              rest.Field[bool]     `json:"required"`
	DefaultValueString    rest.Field[string]   `json:"default_value_string" rule:"null,blank,max=200000"`
	DefaultValueBool      rest.Field[bool]     `json:"default_value_bool"`
	DefaultValuesMultiple rest.Field[[]string] `json:"default_values_multiple" rule:"null,max=1000,item.max=255,item.blank"`
	HideInUI              rest.Field[bool]     `json:"hide_in_ui"`
	HideInSummary         rest.Field[bool]     `json:"hide_in_summary"`
}

func (b customFieldBody) apply(d *customfields.Definition) {
	b.Order.Apply(&d.Order)
	if b.Model.Present() {
		d.Model = customfields.Model(b.Model.Value)
	}
	if b.Type.Present() {
		d.Type = customfields.Type(b.Type.Value)
	}
	if b.Options.Set {
		d.Options = listOf(b.Options)
	}
	b.Name.Apply(&d.Name)
	b.Required.Apply(&d.Required)
	b.DefaultValueString.ApplyNull(&d.DefaultValueString)
	b.DefaultValueBool.Apply(&d.DefaultValueBool)
	if b.DefaultValuesMultiple.Set {
		d.DefaultValuesMultiple = listOf(b.DefaultValuesMultiple)
	}
	b.HideInUI.Apply(&d.HideInUI)
	b.HideInSummary.Apply(&d.HideInSummary)
}

// listOf is the list that was sent; null is an empty one, because readers expect a list.
func listOf(f rest.Field[[]string]) []string {
	if f.Value == nil {
		return []string{}
	}
	return f.Value
}

type createCustomFieldInput struct {
	Body customFieldBody
}

func (h handlers) createCustomField(ctx context.Context, _ *rest.Call, in *createCustomFieldInput) (string, error) {
	missing := &rest.Errors{}
	for _, f := range []struct {
		name string
		sent bool
	}{{"model", in.Body.Model.Present()}, {"name", in.Body.Name.Present()}} {
		if !f.sent {
			missing.Add(f.name, "This field is required.")
		}
	}
	if err := missing.Err(); err != nil {
		return "", err
	}
	def := customfields.New("", "")
	in.Body.apply(&def)
	if _, err := h.CustomFields.Create(ctx, def); err != nil {
		return "", err
	}
	return "ok", nil
}

type customFieldPath struct {
	PK int32 `path:"pk"`
}

func (h handlers) getCustomField(ctx context.Context, _ *rest.Call, in *customFieldPath) (CustomField, error) {
	d, err := h.CustomFields.Get(ctx, in.PK)
	if err != nil {
		return CustomField{}, err
	}
	return toCustomField(d), nil
}

type updateCustomFieldInput struct {
	PK   int32 `path:"pk"`
	Body customFieldBody
}

func (h handlers) updateCustomField(ctx context.Context, _ *rest.Call, in *updateCustomFieldInput) (string, error) {
	if err := h.CustomFields.Update(ctx, in.PK, in.Body.apply); err != nil {
		return "", err
	}
	return "ok", nil
}

func (h handlers) deleteCustomField(ctx context.Context, _ *rest.Call, in *customFieldPath) (string, error) {
	if err := h.CustomFields.Delete(ctx, in.PK); err != nil {
		return "", err
	}
	return "ok", nil
}

// CustomFieldUsage is what would go with a custom field.
type CustomFieldUsage struct {
	Values int64 `json:"values" doc:"of agents, sites and clients together"`
}

func (h handlers) customFieldUsage(ctx context.Context, _ *rest.Call, in *customFieldPath) (CustomFieldUsage, error) {
	n, err := h.CustomFields.Usage(ctx, in.PK)
	return CustomFieldUsage{Values: n}, err
}
