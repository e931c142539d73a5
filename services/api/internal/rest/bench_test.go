package rest_test

import (
	"net/http"
	"testing"
)

// BenchmarkDecode is the layer alone: a validated body of 17 possible fields, without a database.
func BenchmarkDecode(b *testing.B) {
	r := newThings(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		send(b, r, http.MethodPost, "/things/", `{"name":123,"count":"3","on":"yes","tags":["a","b"],"when":"2026-01-02T03:04:05Z","clients":[1,2]}`)
	}
}
