package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Conformer compares replies with the API description. Test kits use it, so that a type that says one thing and sends
// another is found by whatever test happens to call it.
type Conformer struct {
	router *Router
	doc    *huma.OpenAPI
}

// NewConformer describes the operations registered so far.
func NewConformer(r *Router) *Conformer { return &Conformer{router: r, doc: r.Document()} }

// Check returns what is wrong with a successful JSON reply of an operation; other replies are fine.
func (c *Conformer) Check(method, path string, status int, header http.Header, body []byte) error {
	if !strings.HasPrefix(header.Get("Content-Type"), typeJSON) || status/100 != 2 || header.Get("Content-Encoding") != "" {
		return nil
	}
	ctx := c.router.echo.NewContext(nil, nil)
	path, _, _ = strings.Cut(path, "?")
	c.router.echo.Router().Find(method, path, ctx)
	v := c.router.views[ctx.Path()]
	if v == nil || v.find(method) == nil {
		return nil
	}
	rt := v.find(method)
	item := c.doc.Paths[rt.Path]
	if item == nil {
		return nil // hidden
	}
	response := operationOf(item, rt.Method).Responses[strconv.Itoa(status)]
	if response == nil || response.Content[typeJSON] == nil {
		return fmt.Errorf("operation %s does not describe status %d", rt.ID, status)
	}
	var value any
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(&value); err != nil {
		return fmt.Errorf("operation %s: reply is no JSON: %w", rt.ID, err)
	}
	result := &huma.ValidateResult{}
	huma.Validate(c.doc.Components.Schemas, response.Content[typeJSON].Schema, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, value, result)
	if len(result.Errors) > 0 {
		return fmt.Errorf("reply of operation %s is not as described: %w", rt.ID, errors.Join(result.Errors...))
	}
	return nil
}

func operationOf(item *huma.PathItem, method string) *huma.Operation {
	switch method {
	case http.MethodPost:
		return item.Post
	case http.MethodPut:
		return item.Put
	case http.MethodPatch:
		return item.Patch
	case http.MethodDelete:
		return item.Delete
	default:
		return item.Get
	}
}
