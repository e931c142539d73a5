package agents

import (
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/cursor"
)

// searchPlace is the place after the last row of a page. Its key is bound, never put into SQL.
type searchPlace struct {
	Sort string `json:"s"`
	Key  string `json:"k"`
	ID   int32  `json:"i"`
}

// parseSearchPlace refuses what is no place of the same order.
func parseSearchPlace(text, sort string) (searchPlace, error) {
	var p searchPlace
	if err := cursor.Decode(text, &p); err != nil {
		return searchPlace{}, err
	}
	if p.Sort != sort || strings.ContainsRune(p.Key, 0) || !validKey(sort, p.Key) {
		return searchPlace{}, cursor.Refused()
	}
	return p, nil
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
