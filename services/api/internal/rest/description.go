package rest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5emb"
)

const (
	descriptionPath = "/api/schema/"
	browserPath     = "/api/schema/swagger-ui/"
	assetsPath      = "/v1/swagger-ui/"
	typeOpenAPI     = "application/vnd.oai.openapi"
	typeOpenAPIJSON = "application/vnd.oai.openapi+json"
)

// documents holds the documents, made at the first request because every operation is registered by then.
type documents struct {
	router *Router
	once   sync.Once
	yaml31 []byte
	yaml30 []byte
	json30 []byte
	err    error
}

func (d *documents) load() error {
	d.once.Do(func() {
		d.err = errors.New("the API description could not be made") // stays when what follows panics
		doc := d.router.Document()
		var err error
		if d.yaml31, d.err = YAML(doc); d.err != nil {
			return
		}
		if d.json30, err = doc.Downgrade(); err != nil {
			d.err = fmt.Errorf("downgrade API description: %w", err)
			return
		}
		if d.yaml30, err = doc.DowngradeYAML(); err != nil {
			d.err = fmt.Errorf("downgrade API description: %w", err)
		}
	})
	return d.err
}

// RegisterDescription adds the API description and its browser (rest-1.md §9): OpenAPI 3.0.3 at the contract's path, our
// 3.1 under /v1/. Both are public; the product switches them off by default.
func RegisterDescription(r *Router) {
	d := &documents{router: r}
	const public = "A description of the interface, without data; only served when the operator switched it on."
	base := Operation{Method: http.MethodGet, Tag: "schema", Auth: AuthPublic, NoPermission: public, AnyAccept: true}

	contract := base
	contract.Path, contract.ID, contract.Summary = descriptionPath, "getSchema", "Get the API description as OpenAPI 3.0.3"
	contract.ContentType = typeOpenAPI + "; charset=utf-8"
	Handle(r, contract, d.contract)

	own := base
	own.Path, own.ID, own.Summary, own.ContentType = "/v1/openapi.yaml", "getOpenapi", "Get the API description as OpenAPI 3.1", "application/yaml"
	Handle(r, own, func(_ context.Context, _ *Call, _ *struct{}) (Content, error) {
		err := d.load()
		return Content{Type: "application/yaml", Data: d.yaml31}, err
	})

	browser := newBrowser(r.options.APITitle)
	page := base
	page.Path, page.ID, page.Summary, page.ContentType = browserPath, "getSwaggerUi", "Browse the API description", typeHTML
	Handle(r, page, func(_ context.Context, c *Call, _ *struct{}) (Content, error) {
		return browser.serve(c.Request, assetsPath)
	})
	asset := base
	asset.Path, asset.ID, asset.Summary = assetsPath+"{name}", "getSwaggerUiAsset", "Get a part of the description's browser"
	asset.ContentType, asset.Hidden = "application/octet-stream", true
	Handle(r, asset, func(_ context.Context, c *Call, in *struct {
		Name string `path:"name"`
	}) (Content, error) {
		return browser.serve(c.Request, assetsPath+in.Name)
	})
}

func (d *documents) contract(_ context.Context, c *Call, in *struct {
	Format string `query:"format"`
}) (Content, error) {
	if err := d.load(); err != nil {
		return Content{}, err
	}
	asJSON := in.Format == "json" || in.Format == "" && wantsJSONDescription(c.Request.Header.Get("Accept"))
	name, content := "yaml", Content{Type: typeOpenAPI + "; charset=utf-8", Data: d.yaml30}
	if asJSON {
		name, content = "json", Content{Type: typeOpenAPIJSON, Data: d.json30}
	}
	c.Header().Set("Content-Disposition", fmt.Sprintf(`inline; filename="%s.%s"`, d.router.options.APITitle, name))
	return content, nil
}

// wantsJSONDescription says whether the first form that the caller names is JSON; whoever takes anything gets YAML.
func wantsJSONDescription(accept string) bool {
	for _, part := range strings.Split(accept, ",") {
		mediaType, _, _ := strings.Cut(part, ";")
		switch strings.TrimSpace(mediaType) {
		case typeOpenAPIJSON, typeJSON:
			return true
		case typeOpenAPI, "application/yaml", "*/*":
			return false
		}
	}
	return false
}

// browser serves Swagger UI from assets inside the program.
type browser struct{ handler http.Handler }

func newBrowser(title string) *browser {
	return &browser{handler: v5emb.NewHandlerWithConfig(swgui.Config{
		Title: title, SwaggerJSON: descriptionPath + "?format=json", BasePath: assetsPath, InternalBasePath: assetsPath,
	})}
}

// serve takes one file from the library's handler.
func (b *browser) serve(req *http.Request, path string) (Content, error) {
	inner := req.Clone(req.Context())
	inner.URL.Path, inner.URL.RawPath, inner.URL.RawQuery = path, "", ""
	inner.Header = http.Header{}
	file := &memoryResponse{header: http.Header{}, status: http.StatusOK}
	b.handler.ServeHTTP(file, inner)
	if file.status != http.StatusOK {
		return Content{}, &BodyError{Status: http.StatusNotFound, Code: "not_found", Body: detail{"Not found."}}
	}
	return Content{Type: file.header.Get("Content-Type"), Data: file.body.Bytes()}, nil
}

// memoryResponse keeps what a handler writes.
type memoryResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (m *memoryResponse) Header() http.Header         { return m.header }
func (m *memoryResponse) WriteHeader(status int)      { m.status = status }
func (m *memoryResponse) Write(p []byte) (int, error) { return m.body.Write(p) }
