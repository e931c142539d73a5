package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// valueKind is the kind of an input value before it is coerced.
type valueKind int

const (
	kindNull valueKind = iota
	kindBool
	kindNumber
	kindString
	kindList
	kindObject
	kindFile
)

// value is one input value, from JSON or from a form. Text holds a string, a number's literal or a boolean's word.
type value struct {
	kind  valueKind
	text  string
	raw   json.RawMessage // JSON only
	items []value         // form lists only; JSON lists are read from raw
	file  *Upload
}

// Upload is a file of a multipart body.
type Upload struct {
	Name        string
	ContentType string
	Data        []byte
}

// jsonValue wraps a raw JSON value whose syntax has already been checked.
func jsonValue(raw json.RawMessage) (value, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return value{}, fmt.Errorf("empty JSON value")
	}
	v := value{raw: raw}
	switch raw[0] {
	case 'n':
		v.kind = kindNull
	case 't', 'f':
		v.kind, v.text = kindBool, string(raw)
	case '"':
		v.kind = kindString
		if err := json.Unmarshal(raw, &v.text); err != nil {
			return value{}, err
		}
	case '[':
		v.kind = kindList
	case '{':
		v.kind = kindObject
	default:
		v.kind, v.text = kindNumber, string(raw)
	}
	return v, nil
}

// list returns the items of a list value.
func (v value) list() ([]value, error) {
	if v.raw == nil {
		return v.items, nil
	}
	var raws []json.RawMessage
	if err := json.Unmarshal(v.raw, &raws); err != nil {
		return nil, err
	}
	out := make([]value, len(raws))
	for i, raw := range raws {
		item, err := jsonValue(raw)
		if err != nil {
			return nil, err
		}
		out[i] = item
	}
	return out, nil
}

// object returns the members of an object value.
func (v value) object() (map[string]value, error) {
	var raws map[string]json.RawMessage
	if err := json.Unmarshal(v.raw, &raws); err != nil {
		return nil, err
	}
	out := make(map[string]value, len(raws))
	for k, raw := range raws {
		member, err := jsonValue(raw)
		if err != nil {
			return nil, err
		}
		out[k] = member
	}
	return out, nil
}

// json returns the value as a JSON document; form texts become strings.
func (v value) json() (json.RawMessage, error) {
	if v.raw != nil {
		return v.raw, nil
	}
	if v.kind == kindList {
		texts := make([]string, len(v.items))
		for i, item := range v.items {
			texts[i] = item.text
		}
		return encodeJSON(texts)
	}
	return encodeJSON(v.text)
}

// typeName returns the name that messages use for the value's type (rest-1.md §1.5).
func (v value) typeName() string {
	switch v.kind {
	case kindNull:
		return "NoneType"
	case kindBool:
		return "bool"
	case kindNumber:
		if strings.ContainsAny(v.text, ".eE") {
			return "float"
		}
		return "int"
	case kindString:
		return "str"
	case kindList:
		return "list"
	case kindFile:
		return "InMemoryUploadedFile"
	default:
		return "dict"
	}
}
