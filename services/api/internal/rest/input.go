package rest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"strings"
)

// RawBody is a body taken as it came, without a look at its content type. The operation's MaxBody bounds it.
type RawBody []byte

// bodyKind says how an input's Body field is read.
type bodyKind int

const (
	bodyNone bodyKind = iota
	bodyObject
	bodyJSON // any JSON value, kept raw
	bodyRaw
)

// inputPlan is an operation's input, compiled once.
type inputPlan struct {
	params []paramPlan
	kind   bodyKind
	index  []int // of the Body field
	body   *bodyPlan
}

func planInput(t reflect.Type) (*inputPlan, error) {
	plan := &inputPlan{}
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("input %s is not a struct", t)
	}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		if f.Name == "Body" {
			if err := plan.setBody(f); err != nil {
				return nil, err
			}
			continue
		}
		p, err := planParam(f)
		if err != nil {
			return nil, fmt.Errorf("input %s: %w", t, err)
		}
		plan.params = append(plan.params, p)
	}
	return plan, nil
}

func (p *inputPlan) setBody(f reflect.StructField) error {
	p.index = f.Index
	switch {
	case f.Type == rawType:
		p.kind = bodyJSON
	case f.Type == reflect.TypeFor[RawBody]():
		p.kind = bodyRaw
	case f.Type.Kind() == reflect.Struct:
		body, err := planBody(f.Type)
		if err != nil {
			return err
		}
		p.kind, p.body = bodyObject, body
	default:
		return fmt.Errorf("body %s is neither a struct of fields, json.RawMessage nor rest.RawBody", f.Type)
	}
	return nil
}

// read fills an input from the request.
func (r *Router) read(ctx context.Context, c *Call, plan *inputPlan, dst reflect.Value) error {
	if err := readParams(plan, c, dst); err != nil {
		return err
	}
	if plan.kind == bodyNone {
		return nil
	}
	raw, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return readError(err)
	}
	body := dst.FieldByIndex(plan.index)
	if plan.kind == bodyRaw {
		body.SetBytes(raw)
		return nil
	}
	mediaType, params, err := contentType(c.Request.Header.Get("Content-Type"), raw)
	if err != nil {
		return err
	}
	if mediaType == typeJSON {
		c.body = raw
	}
	if plan.kind == bodyJSON {
		return readJSONBody(mediaType, params, raw, body)
	}
	d := decoder{partial: c.Operation.Partial, form: mediaType != typeJSON}
	errs, err := d.read(plan.body, body, mediaType, params, raw)
	if err != nil {
		return err
	}
	if err := d.resolve(ctx, r.references); err != nil {
		return err
	}
	errs.sort(plan.body)
	return errs.Err()
}

func readError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &BodyError{Status: http.StatusRequestEntityTooLarge, Code: "body_too_large",
			Body: detail{fmt.Sprintf("Request body is larger than %d bytes.", tooLarge.Limit)}}
	}
	return &BodyError{Status: http.StatusBadRequest, Code: "body_unreadable", Body: detail{"The request body could not be read."}, Err: err}
}

// contentType decides how a body is read. An empty body is an empty object whatever it calls itself; a body that does not
// say what it is counts as JSON.
func contentType(header string, raw []byte) (mediaType string, params map[string]string, err error) {
	if len(bytes.TrimSpace(raw)) == 0 || header == "" {
		return typeJSON, nil, nil
	}
	mediaType, params, err = mime.ParseMediaType(header)
	switch {
	case err == nil && (mediaType == typeJSON || mediaType == typeForm || mediaType == typeMultipart):
		return mediaType, params, nil
	case err == nil && strings.HasPrefix(mediaType, "application/") && strings.HasSuffix(mediaType, "+json"):
		return typeJSON, nil, nil
	}
	return "", nil, &BodyError{Status: http.StatusUnsupportedMediaType, Code: "unsupported_media_type",
		Body: detail{fmt.Sprintf(`Unsupported media type "%s" in request.`, shorten(header))}}
}

func readJSONBody(mediaType string, params map[string]string, raw []byte, body reflect.Value) error {
	if mediaType == typeJSON {
		if len(bytes.TrimSpace(raw)) == 0 {
			raw = []byte("{}")
		}
		if _, err := parseJSON(raw); err != nil {
			return err
		}
		body.SetBytes(raw)
		return nil
	}
	members, err := formMembers(mediaType, params, raw)
	if err != nil {
		return err
	}
	texts := map[string]json.RawMessage{}
	for k, v := range members {
		if texts[k], err = v.json(); err != nil {
			return err
		}
	}
	encoded, err := encodeJSON(texts)
	if err != nil {
		return err
	}
	body.SetBytes(encoded)
	return nil
}

func (d *decoder) read(plan *bodyPlan, body reflect.Value, mediaType string, params map[string]string, raw []byte) (*Errors, error) {
	if mediaType != typeJSON {
		members, err := formMembers(mediaType, params, raw)
		if err != nil {
			return nil, err
		}
		return d.body(plan, body, members), nil
	}
	if len(bytes.TrimSpace(raw)) == 0 {
		return d.body(plan, body, nil), nil
	}
	v, err := parseJSON(raw)
	if err != nil {
		return nil, err
	}
	return d.nested(plan, body, v), nil
}

// formMembers reads a form: a key once is a text, a key repeated is a list.
func formMembers(mediaType string, params map[string]string, raw []byte) (map[string]value, error) {
	members := map[string]value{}
	if mediaType == typeForm {
		values, err := url.ParseQuery(string(raw))
		if err != nil {
			return nil, &BodyError{Status: http.StatusBadRequest, Code: "body_unreadable", Body: detail{"Form parse error - " + err.Error()}}
		}
		for k, texts := range values {
			members[k] = textValue(texts)
		}
		return members, nil
	}
	form, err := multipart.NewReader(bytes.NewReader(raw), params["boundary"]).ReadForm(int64(len(raw)))
	if err != nil {
		return nil, &BodyError{Status: http.StatusBadRequest, Code: "body_unreadable", Body: detail{"Multipart form parse error - " + err.Error()}}
	}
	for k, texts := range form.Value {
		members[k] = textValue(texts)
	}
	for k, headers := range form.File {
		upload, err := readUpload(headers[0])
		if err != nil {
			return nil, err
		}
		members[k] = value{kind: kindFile, file: upload}
	}
	return members, nil
}

func textValue(texts []string) value {
	texts = readable(texts)
	if len(texts) == 1 {
		return value{kind: kindString, text: texts[0]}
	}
	v := value{kind: kindList}
	for _, t := range texts {
		v.items = append(v.items, value{kind: kindString, text: t})
	}
	return v
}

func readUpload(h *multipart.FileHeader) (*Upload, error) {
	f, err := h.Open()
	if err != nil {
		return nil, fmt.Errorf("open uploaded file: %w", err)
	}
	data, err := io.ReadAll(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, fmt.Errorf("read uploaded file: %w", err)
	}
	return &Upload{Name: h.Filename, ContentType: h.Header.Get("Content-Type"), Data: data}, nil
}
