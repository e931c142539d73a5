package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/yaml"
)

const schemaPrefix = "#/components/schemas/"

// Document describes every operation that is not hidden.
func (r *Router) Document() *huma.OpenAPI {
	d := &describer{registry: huma.NewMapRegistry(schemaPrefix, schemaName)}
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{Title: r.options.APITitle, Version: r.options.Version,
			Description: "Simple and fast remote monitoring and management"},
		Paths: map[string]*huma.PathItem{},
		Components: &huma.Components{
			Schemas: d.registry,
			SecuritySchemes: map[string]*huma.SecurityScheme{
				"API Key Auth":  {Type: "apiKey", In: "header", Name: "X-API-KEY"},
				"Session Token": {Type: "apiKey", In: "header", Name: "Authorization", Description: "Token <session token>"},
				"Agent Token":   {Type: "apiKey", In: "header", Name: "Authorization", Description: "Token <agent token>"},
			},
		},
	}
	d.operations(r.routes, doc)
	d.markNullable()
	return doc
}

// operations adds every operation and its tag.
func (d *describer) operations(routes []*route, doc *huma.OpenAPI) {
	tags := map[string]bool{}
	for _, rt := range routes {
		if rt.Hidden {
			continue
		}
		tags[rt.Tag] = true
		item := doc.Paths[rt.Path]
		if item == nil {
			item = &huma.PathItem{}
			doc.Paths[rt.Path] = item
		}
		setOperation(item, rt.Method, d.operation(rt))
	}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		doc.Tags = append(doc.Tags, &huma.Tag{Name: name})
	}
}

// markNullable says of every pointer in an output type that it may be null, which huma knows of plain scalars only, and of
// lists that they may not, unless their field is tagged nullable:"true".
func (d *describer) markNullable() {
	for name, schema := range d.registry.Map() {
		t := d.registry.TypeFromRef(schemaPrefix + name)
		if t == nil || t.Kind() != reflect.Struct {
			continue
		}
		for _, f := range reflect.VisibleFields(t) {
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			property := schema.Properties[key]
			switch {
			case property == nil:
			case f.Type.Kind() == reflect.Slice && f.Tag.Get("nullable") != "true":
				property.Nullable = false // lists are empty, not null
			case f.Type.Kind() != reflect.Pointer:
			case property.Ref != "":
				schema.Properties[key] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: property.Ref}, {Type: "null"}}}
			case property.Type != "":
				property.Nullable = true
			}
		}
	}
}

// YAML returns the description as OpenAPI 3.1 YAML.
func YAML(doc *huma.OpenAPI) ([]byte, error) {
	raw, err := doc.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encode API description: %w", err)
	}
	var out bytes.Buffer
	if err := yaml.Convert(&out, bytes.NewReader(sortKeys(raw))); err != nil {
		return nil, fmt.Errorf("convert API description: %w", err)
	}
	return out.Bytes(), nil
}

// sortKeys makes the order of keys stable, because the result is compared in CI.
func sortKeys(raw []byte) []byte {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return raw
	}
	sorted, err := encodeJSON(v)
	if err != nil {
		return raw
	}
	return sorted
}

// schemaName names a type after its context, so that two contexts may both have a Row.
func schemaName(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	name := t.Name()
	if name == "" {
		return hint
	}
	if open := strings.IndexByte(name, '['); open >= 0 {
		name = name[:open] + argumentName(name[open+1:len(name)-1])
	}
	context := strings.TrimSuffix(path.Base(t.PkgPath()), "api")
	if context == "" || context == "rest" {
		return upper(name)
	}
	return upper(context) + upper(name)
}

// argumentName turns the argument of a generic type into a part of a name: "[]example.com/x/notes.Note" is "ListNotesNote".
func argumentName(argument string) string {
	prefix := ""
	for strings.HasPrefix(argument, "[]") {
		prefix, argument = prefix+"List", argument[2:]
	}
	var name strings.Builder
	for _, word := range strings.FieldsFunc(path.Base(argument), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		name.WriteString(upper(word))
	}
	return prefix + name.String()
}

func upper(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func setOperation(item *huma.PathItem, method string, op *huma.Operation) {
	switch method {
	case http.MethodGet:
		item.Get = op
	case http.MethodPost:
		item.Post = op
	case http.MethodPut:
		item.Put = op
	case http.MethodPatch:
		item.Patch = op
	case http.MethodDelete:
		item.Delete = op
	}
}

// describer turns routes into descriptions and collects their schemas.
type describer struct{ registry huma.Registry }

func (d *describer) operation(rt *route) *huma.Operation {
	op := &huma.Operation{
		OperationID: rt.ID, Tags: []string{rt.Tag}, Summary: rt.Summary, Description: description(&rt.Operation),
		Responses: map[string]*huma.Response{}, Extensions: map[string]any{},
	}
	switch rt.Auth {
	case AuthUser, AuthInstaller:
		op.Security = []map[string][]string{{"Session Token": {}}, {"API Key Auth": {}}}
	case AuthSession:
		op.Security = []map[string][]string{{"Session Token": {}}}
	case AuthAgent:
		op.Security = []map[string][]string{{"Agent Token": {}}}
	case AuthPublic:
		op.Security = []map[string][]string{{}}
	}
	if rt.Permission != "" {
		op.Extensions["x-permission"] = string(rt.Permission)
	}
	if rt.Scope != ScopeNone {
		op.Extensions["x-scope"] = string(rt.Scope)
	}
	for i := range rt.input.params {
		op.Parameters = append(op.Parameters, d.param(&rt.input.params[i]))
	}
	op.RequestBody = d.requestBody(rt)
	op.Responses[strconv.Itoa(rt.Status)] = d.success(rt)
	for _, status := range refusals(rt) {
		op.Responses[strconv.Itoa(status)] = d.refusal(rt, status)
	}
	return op
}

func description(op *Operation) string {
	var parts []string
	for _, p := range []string{op.Description, op.NoPermission, op.LatePermission} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "\n\n")
}

func refusals(rt *route) []int {
	statuses := slices.Clone(rt.Errors)
	if rt.Auth != AuthPublic {
		statuses = append(statuses, http.StatusUnauthorized)
	}
	if rt.Permission != "" || len(rt.AnyPermission) > 0 || rt.LatePermission != "" {
		statuses = append(statuses, http.StatusForbidden)
	}
	if rt.input.kind == bodyObject {
		statuses = append(statuses, http.StatusBadRequest)
	}
	if rt.Throttle != nil {
		statuses = append(statuses, http.StatusTooManyRequests)
	}
	slices.Sort(statuses)
	return slices.Compact(statuses)
}

func (d *describer) refusal(rt *route, status int) *huma.Response {
	schema, contentType := &huma.Schema{}, typeJSON
	switch {
	case rt.Problem():
		schema, contentType = d.registry.Schema(reflect.TypeFor[problem](), true, "Problem"), typeProblem
	case status != http.StatusBadRequest:
		schema = d.registry.Schema(reflect.TypeFor[detail](), true, "Detail")
	}
	return &huma.Response{Description: http.StatusText(status), Content: map[string]*huma.MediaType{contentType: {Schema: schema}}}
}

func (d *describer) success(rt *route) *huma.Response {
	res := &huma.Response{Description: http.StatusText(rt.Status)}
	switch {
	case rt.output == reflect.TypeFor[Empty]():
		return res
	case rt.output.Kind() == reflect.Interface:
		var any []*huma.Schema
		for _, out := range rt.Outputs {
			any = append(any, d.schema(reflect.TypeOf(out)))
		}
		res.Content = map[string]*huma.MediaType{rt.ContentType: {Schema: &huma.Schema{OneOf: any}}}
	default:
		res.Content = map[string]*huma.MediaType{rt.ContentType: {Schema: d.schema(rt.output)}}
	}
	return res
}

func (d *describer) schema(t reflect.Type) *huma.Schema {
	if t == rawType {
		return &huma.Schema{}
	}
	s := d.registry.Schema(t, true, "Inline")
	if t.Kind() == reflect.Slice {
		s.Nullable = false
	}
	return s
}

func (d *describer) param(p *paramPlan) *huma.Param {
	schema := valueSchema(d, p.typ, &p.rules, nil)
	if p.fallback != "" {
		schema.Default = p.fallback
		if n, ok := parseInt(value{kind: kindString, text: p.fallback}); ok && schema.Type == huma.TypeInteger {
			schema.Default = n
		}
	}
	if p.typ == reflect.TypeFor[AgentID]() {
		n := minAgentID
		schema.MinLength = &n
	}
	param := &huma.Param{Name: p.name, In: p.in, Description: p.doc, Schema: schema, Required: p.in == "path" || p.rules.required}
	if isListType(p.typ) {
		explode := false
		param.Explode = &explode
	}
	return param
}

func (d *describer) requestBody(rt *route) *huma.RequestBody {
	switch rt.input.kind {
	case bodyObject:
		schema := &huma.Schema{Ref: d.body(rt)}
		content := map[string]*huma.MediaType{typeJSON: {Schema: schema}}
		if !rt.Problem() {
			content[typeForm], content[typeMultipart] = &huma.MediaType{Schema: schema}, &huma.MediaType{Schema: schema}
		}
		return &huma.RequestBody{Content: content, Required: true}
	case bodyJSON:
		return &huma.RequestBody{Content: map[string]*huma.MediaType{typeJSON: {Schema: &huma.Schema{}}}}
	case bodyRaw:
		return &huma.RequestBody{Content: map[string]*huma.MediaType{"application/octet-stream": {
			Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}}
	default:
		return nil
	}
}

// body registers the schema of an operation's body under the operation's name.
func (d *describer) body(rt *route) string {
	name := upper(rt.ID) + "Body"
	d.registry.Map()[name] = bodySchema(d, rt.input.body, rt.Partial)
	return schemaPrefix + name
}

func bodySchema(d *describer, plan *bodyPlan, partial bool) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{}}
	for i := range plan.fields {
		f := &plan.fields[i]
		property := valueSchema(d, f.value, &f.rules, f.body)
		property.Description, property.Nullable = f.doc, f.rules.null && property.Type != ""
		s.Properties[f.name] = property
		if f.rules.required && !partial {
			s.Required = append(s.Required, f.name)
		}
	}
	s.PrecomputeMessages()
	return s
}

func valueSchema(d *describer, t reflect.Type, r *rules, body *bodyPlan) *huma.Schema {
	if isListType(t) {
		item := r.item
		if item == nil {
			item = &rules{}
		}
		s := &huma.Schema{Type: huma.TypeArray, Items: valueSchema(d, t.Elem(), item, body)}
		s.MinItems, s.MaxItems = intPtr(r.min), intPtr(r.max)
		return s
	}
	if body != nil {
		return bodySchema(d, body, false)
	}
	s := scalarSchema(t)
	switch s.Type {
	case huma.TypeString:
		s.MinLength, s.MaxLength = intPtr(r.min), intPtr(r.max)
		if r.pattern == "email" || r.pattern == "ip" {
			s.Format = r.pattern
		}
	case huma.TypeInteger, huma.TypeNumber:
		s.Minimum, s.Maximum = r.min, r.max
	}
	for _, c := range r.choices {
		s.Enum = append(s.Enum, enumValue(s.Type, c))
	}
	return s
}

func enumValue(kind, text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && kind == huma.TypeInteger {
		return n
	}
	return text
}

func scalarSchema(t reflect.Type) *huma.Schema {
	switch t {
	case rawType:
		return &huma.Schema{}
	case timeType:
		return &huma.Schema{Type: huma.TypeString, Format: "date-time"}
	case clockType:
		return &huma.Schema{Type: huma.TypeString, Format: "time"}
	case uploadType:
		return &huma.Schema{Type: huma.TypeString, Format: "binary"}
	}
	switch t.Kind() {
	case reflect.Bool:
		return &huma.Schema{Type: huma.TypeBoolean}
	case reflect.Int16, reflect.Int32:
		return &huma.Schema{Type: huma.TypeInteger, Format: "int32"}
	case reflect.Int64:
		return &huma.Schema{Type: huma.TypeInteger, Format: "int64"}
	case reflect.Float64:
		return &huma.Schema{Type: huma.TypeNumber, Format: "double"}
	default:
		return &huma.Schema{Type: huma.TypeString}
	}
}

func intPtr(f *float64) *int {
	if f == nil {
		return nil
	}
	n := int(*f)
	return &n
}
