package agents

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// cursor is the place after the last row of a page. Its key is bound, never put into SQL.
type cursor struct {
	Sort string `json:"s"`
	Key  string `json:"k"`
	ID   int32  `json:"i"`
}

func encodeCursor(c cursor) string {
	raw, err := json.Marshal(c)
	if err != nil {
		return "" // strings and numbers always marshal
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// decodeCursor refuses what encodeCursor did not make for the same order.
func decodeCursor(text, sort string) (cursor, error) {
	var c cursor
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) > 4096 || json.Unmarshal(raw, &c) != nil || c.Sort != sort || strings.ContainsRune(c.Key, 0) {
		return cursor{}, fault.InvalidField("cursor", "The cursor does not belong to this list.")
	}
	if !validKey(sort, c.Key) {
		return cursor{}, fault.InvalidField("cursor", "The cursor does not belong to this list.")
	}
	return c, nil
}

// validKey keeps a made-up cursor from failing in the database.
func validKey(sort, key string) bool {
	var ok bool
	switch strings.TrimPrefix(sort, "-") {
	case "status", "checks":
		ok = len(key) > 0 && len(key) < 19 && strings.Trim(key, "0123456789") == ""
	case "last_seen":
		_, err := time.Parse("2006-01-02 15:04:05.999999Z07", key)
		_, half := time.Parse("2006-01-02 15:04:05.999999Z07:00", key)
		ok = key == "-infinity" || err == nil || half == nil
	default:
		ok = true
	}
	return ok
}
