package openai_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/openai"
)

func TestComplete(t *testing.T) {
	t.Parallel()
	status, answer := http.StatusOK, `{"choices":[{"message":{"role":"assistant","content":"Get-Service"}}]}`
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "Bearer k", r.Header.Get("Authorization"))
		var got map[string]any
		assert.NoError(t, json.NewDecoder(r.Body).Decode(&got))
		assert.Equal(t, map[string]any{
			"model": "m", "temperature": 0.5, "max_tokens": 1000.0, "messages": []any{map[string]any{"role": "user", "content": "services?"}},
		}, got)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	client := openai.New(srv.URL)
	text, err := client.Complete(t.Context(), "k", "m", "services?")
	require.NoError(t, err)
	require.Equal(t, "Get-Service", text)
	for _, tt := range []struct {
		status       int
		answer, want string
	}{
		{http.StatusUnauthorized, `{"error":{"message":"Incorrect API key"}}`, "The Open AI API returned an error: Incorrect API key"},
		{http.StatusBadGateway, `<html>`, "The Open AI API returned an error: status 502 Bad Gateway"},
		{http.StatusOK, `{"choices":[]}`, "The Open AI API returned an error: status 200 OK"},
	} {
		status, answer = tt.status, tt.answer
		_, err = client.Complete(t.Context(), "k", "m", "services?")
		require.Equal(t, fault.KindRefused, fault.KindOf(err))
		require.ErrorContains(t, err, tt.want)
	}
	srv.Close()
	_, err = client.Complete(t.Context(), "k", "m", "services?")
	require.Equal(t, fault.KindRefused, fault.KindOf(err))
	require.ErrorContains(t, err, "connect")
}
