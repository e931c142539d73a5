package rest

import (
	"fmt"
	"io"
	"iter"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// Paged is the contract's page object (rest-2.md §11), written row by row like a Stream.
type Paged[T any] struct {
	Count    int64
	Next     *string // absolute address
	Previous *string
	Results  iter.Seq2[T, error]
}

// Schema describes the type in the API description.
func (Paged[T]) Schema(r huma.Registry) *huma.Schema {
	link := &huma.Schema{Type: huma.TypeString, Nullable: true}
	s := &huma.Schema{
		Type: huma.TypeObject, Required: []string{"count", "next", "previous", "results"}, Properties: map[string]*huma.Schema{
			"count": {Type: huma.TypeInteger, Format: "int64"}, "next": link, "previous": link,
			"results": {Type: huma.TypeArray, Items: r.Schema(reflect.TypeFor[T](), true, "")},
		},
	}
	s.PrecomputeMessages()
	return s
}

func (p Paged[T]) stream(w io.Writer) error {
	head, err := encodeJSON(struct {
		Count    int64   `json:"count"`
		Next     *string `json:"next"`
		Previous *string `json:"previous"`
	}{p.Count, p.Next, p.Previous})
	if err != nil {
		return fmt.Errorf("encode page: %w", err)
	}
	if _, err := fmt.Fprintf(w, `%s,"results":`, head[:len(head)-1]); err != nil {
		return err
	}
	if err := (Stream[T](p.Results)).stream(w); err != nil {
		return err
	}
	_, err = io.WriteString(w, "}")
	return err
}
