// Package cursor turns the place after the last row of a page into text for an address, and back. What comes back may have been
// made up: it is refused as the field "cursor" when it cannot be a place of the list.
package cursor

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// maxText bounds a cursor, in bytes.
const maxText = 8 << 10

// Encode returns the text of a place, a struct of strings and numbers.
func Encode(place any) (string, error) {
	raw, err := json.Marshal(place)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// Decode reads what Encode wrote.
func Decode(text string, place any) error {
	if len(text) > maxText {
		return Refused()
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return Refused()
	}
	known := json.NewDecoder(bytes.NewReader(raw))
	known.DisallowUnknownFields()
	if known.Decode(place) != nil || known.More() {
		return Refused()
	}
	return nil
}

// Refused is the answer to a cursor that is none of the list.
func Refused() error { return fault.InvalidField("cursor", "The cursor does not belong to this list.") }

// Place is a row's place in an order by time and key; the zero value is the beginning.
type Place struct {
	Micros int64 `json:"t"` // since 1970
	ID     int64 `json:"i"`
	Total  int64 `json:"n,omitempty"` // what the first page counted, where pages do
}

// After returns the place of a row.
func After(at time.Time, id int64) Place { return Place{Micros: at.UnixMicro(), ID: id} }

// Time is the row's.
func (p Place) Time() time.Time { return time.UnixMicro(p.Micros).UTC() }

// Encode returns the place as text.
func (p Place) Encode() (string, error) { return Encode(p) }

// Times that rows can have; the database knows no others.
const firstYear, lastYear = 1970, 9999

// Parse reads a place; "" is the beginning.
func Parse(text string) (Place, error) {
	var p Place
	if text == "" {
		return p, nil
	}
	if err := Decode(text, &p); err != nil {
		return Place{}, err
	}
	if year := p.Time().Year(); p.ID <= 0 || p.Total < 0 || year < firstYear || year > lastYear {
		return Place{}, Refused()
	}
	return p, nil
}
