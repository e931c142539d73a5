package rest

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

const (
	typeJSON      = "application/json"
	typeProblem   = "application/problem+json"
	typeForm      = "application/x-www-form-urlencoded"
	typeMultipart = "multipart/form-data"
	typeHTML      = "text/html; charset=utf-8"
)

// Empty is the output of an operation that answers without a body and without a content type.
type Empty struct{}

// Content is an output that is not JSON: a file, a page, a plain text. The operation's ContentType applies when Type is "".
type Content struct {
	Type     string
	FileName string // set: offered as a download of that name
	Data     []byte
	Reader   io.ReadCloser // instead of Data, for what is too big to hold; closed after the reply
	Size     int64         // of Reader, when it is known
}

// Schema describes the type in the API description.
func (Content) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Format: "binary"}
}

// Stream is an output that is a JSON array written item by item, so that a list without paging is never held whole. An
// error after the first bytes ends the connection, because the status has been sent.
type Stream[T any] iter.Seq2[T, error]

// Schema describes the type in the API description.
func (Stream[T]) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: r.Schema(reflect.TypeFor[T](), true, "")}
}

type streamer interface {
	stream(w io.Writer) error
}

func (s Stream[T]) stream(w io.Writer) error {
	sep := "["
	for item, err := range s {
		if err != nil {
			return err
		}
		raw, err := encodeJSON(item)
		if err != nil {
			return fmt.Errorf("encode list item: %w", err)
		}
		if _, err := io.WriteString(w, sep); err != nil {
			return err
		}
		if _, err := w.Write(raw); err != nil {
			return err
		}
		sep = ","
	}
	if sep == "[" {
		sep = "[]"
	} else {
		sep = "]"
	}
	_, err := io.WriteString(w, sep)
	return err
}

// write sends a success.
func (c *Call) write(w http.ResponseWriter, out any) error {
	h := w.Header()
	for k, v := range c.header {
		h[k] = v
	}
	status := c.Operation.Status
	if c.status != 0 {
		status = c.status
	}
	switch o := out.(type) {
	case Empty:
		w.WriteHeader(status)
		return nil
	case Content:
		return c.writeContent(w, status, o)
	case Download:
		return c.writeDownload(w, status, o)
	case streamer:
		h.Set("Content-Type", c.Operation.ContentType)
		buffered := bufio.NewWriterSize(&lateStatus{w: w, status: status}, 64<<10)
		if err := o.stream(buffered); err != nil {
			return err
		}
		return buffered.Flush()
	}
	raw, err := encodeOutput(out)
	if err != nil {
		return fmt.Errorf("encode reply: %w", err)
	}
	h.Set("Content-Type", c.Operation.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(status)
	if _, err := w.Write(raw); err != nil {
		return &writeError{err}
	}
	return nil
}

func (c *Call) writeContent(w http.ResponseWriter, status int, o Content) (err error) {
	h := w.Header()
	if o.Type == "" {
		o.Type = c.Operation.ContentType
	}
	h.Set("Content-Type", o.Type)
	if o.FileName != "" {
		h.Set("Content-Disposition", "attachment; filename="+strconv.Quote(o.FileName))
	}
	if o.Reader == nil {
		h.Set("Content-Length", strconv.Itoa(len(o.Data)))
		w.WriteHeader(status)
		if _, err := w.Write(o.Data); err != nil {
			return &writeError{err}
		}
		return nil
	}
	if o.Size > 0 {
		h.Set("Content-Length", strconv.FormatInt(o.Size, 10))
	}
	w.WriteHeader(status)
	_, err = io.Copy(w, o.Reader)
	if closeErr := o.Reader.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return &writeError{err}
	}
	return nil
}

// writeError is a failure after the status was sent: there is nothing left to tell the client.
type writeError struct{ err error }

func (e *writeError) Error() string { return "write reply: " + e.err.Error() }
func (e *writeError) Unwrap() error { return e.err }

// lateStatus sends the status with the first bytes, so that an error before them can still be answered.
type lateStatus struct {
	w      http.ResponseWriter
	status int
	sent   bool
}

func (l *lateStatus) Write(p []byte) (int, error) {
	if !l.sent {
		l.sent = true
		l.w.WriteHeader(l.status)
	}
	n, err := l.w.Write(p)
	if err != nil {
		return n, &writeError{err}
	}
	return n, nil
}

// encodeOutput writes compact JSON with unescaped UTF-8 and HTML characters; a nil list is an empty list.
func encodeOutput(out any) ([]byte, error) {
	if v := reflect.ValueOf(out); v.IsValid() && v.Kind() == reflect.Slice && v.IsNil() && v.Type() != rawType {
		return []byte("[]"), nil
	}
	if raw, ok := out.(json.RawMessage); ok {
		return raw, nil
	}
	return encodeJSON(out)
}
