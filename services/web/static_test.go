package main

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
)

func builtApp() fstest.MapFS {
	return fstest.MapFS{
		"index.html":             {Data: []byte("<!doctype html>index")},
		"icon.svg":               {Data: []byte("<svg/>")},
		"env.json":               {Data: []byte(`{"apiBase":"from the build"}`)},
		"assets/main-abc.js":     {Data: []byte("plain")},
		"assets/main-abc.js.br":  {Data: []byte("brotli")},
		"assets/main-abc.js.gz":  {Data: []byte("gzip")},
		"assets/small-def.js":    {Data: []byte("small")},
		"assets/sub/thing.woff2": {Data: []byte("font")},
	}
}

func mustURL(t *testing.T, text string) config.URL {
	t.Helper()
	u, err := config.ParseURL(text)
	require.NoError(t, err)
	return u
}

func serve(t *testing.T, files fs.FS, method, target string, header http.Header) *http.Response {
	t.Helper()
	a, err := newApp(files, mustURL(t, ""), mustURL(t, ""))
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), method, target, http.NoBody)
	for k, v := range header {
		r.Header[k] = v
	}
	w := httptest.NewRecorder()
	http.StripPrefix("/app", a).ServeHTTP(w, r)
	return w.Result()
}

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	require.NoError(t, r.Body.Close())
	return string(b)
}

func TestPagesAreTheIndexAndNeverKept(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/app/", "/app/index.html", "/app/agents", "/app/agents/host.example.com/checks?x=1", "/app/login"} {
		r := serve(t, builtApp(), http.MethodGet, target, nil)
		require.Equal(t, http.StatusOK, r.StatusCode, target)
		require.Equal(t, "no-cache", r.Header.Get("Cache-Control"), target)
		require.Equal(t, "text/html; charset=utf-8", r.Header.Get("Content-Type"), target)
		require.NotEmpty(t, r.Header.Get("ETag"))
		require.Contains(t, text(t, r), "index")
	}
}

func TestAnswersCarrySecurityHeaders(t *testing.T) {
	t.Parallel()
	a, err := newApp(builtApp(), mustURL(t, "https://api.example.com/"), mustURL(t, "wss://live.example.com"))
	require.NoError(t, err)
	w := httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	h := w.Header()
	require.Contains(t, h.Get("Content-Security-Policy"), "connect-src 'self' https://api.example.com wss://api.example.com wss://live.example.com;")
	require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'")
	require.NotContains(t, h.Get("Content-Security-Policy"), "unsafe-eval")
	require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
	require.Equal(t, "no-referrer", h.Get("Referrer-Policy"))

	w = httptest.NewRecorder()
	a.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/env.json", http.NoBody))
	require.JSONEq(t, `{"apiBase":"https://api.example.com","wsBase":"wss://live.example.com"}`, w.Body.String(), "the settings win over the build")
	require.Equal(t, "application/json", w.Header().Get("Content-Type"))
}

func TestAssetsAreKeptForeverInTheBestEncoding(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]struct{ encoding, body string }{
		"":                     {"", "plain"},
		"gzip, deflate":        {"gzip", "gzip"},
		"gzip, deflate, br":    {"br", "brotli"},
		"br;q=0, gzip":         {"gzip", "gzip"},
		"identity":             {"", "plain"},
		"BR":                   {"br", "brotli"},
		"br;q = 0.0,gzip;q=0 ": {"", "plain"},
	} {
		r := serve(t, builtApp(), http.MethodGet, "/app/assets/main-abc.js", http.Header{"Accept-Encoding": {accept}})
		require.Equal(t, http.StatusOK, r.StatusCode)
		require.Equal(t, want.encoding, r.Header.Get("Content-Encoding"), accept)
		require.Equal(t, "text/javascript; charset=utf-8", r.Header.Get("Content-Type"))
		require.Equal(t, "public, max-age=31536000, immutable", r.Header.Get("Cache-Control"))
		require.Equal(t, "Accept-Encoding", r.Header.Get("Vary"))
		require.Equal(t, want.body, text(t, r))
	}
	r := serve(t, builtApp(), http.MethodGet, "/app/assets/small-def.js", http.Header{"Accept-Encoding": {"br"}})
	require.Empty(t, r.Header.Get("Content-Encoding"), "not every file was worth compressing")
	require.Equal(t, "small", text(t, r))
}

func TestUnchangedFilesAreNotSentAgain(t *testing.T) {
	t.Parallel()
	first := serve(t, builtApp(), http.MethodGet, "/app/", nil)
	again := serve(t, builtApp(), http.MethodGet, "/app/", http.Header{"If-None-Match": {first.Header.Get("ETag")}})
	require.Equal(t, http.StatusNotModified, again.StatusCode)
	head := serve(t, builtApp(), http.MethodHead, "/app/icon.svg", nil)
	require.Equal(t, http.StatusOK, head.StatusCode)
	require.Empty(t, text(t, head))
}

func TestWhatIsNotThere(t *testing.T) {
	t.Parallel()
	for _, target := range []string{"/app/assets/gone-123.js", "/app/favicon.ico", "/app/x.map"} {
		r := serve(t, builtApp(), http.MethodGet, target, nil)
		require.Equal(t, http.StatusNotFound, r.StatusCode, target)
		require.Equal(t, "no-cache", r.Header.Get("Cache-Control"), "a missing file must not be remembered")
	}
	for _, target := range []string{"/app/../../etc/passwd", "/app/..%2f..%2fetc%2fpasswd", "/app/%2e%2e/secret"} {
		r := serve(t, builtApp(), http.MethodGet, target, nil)
		require.NotContains(t, text(t, r), "root:", target)
	}
	r := serve(t, builtApp(), http.MethodPost, "/app/", nil)
	require.Equal(t, http.StatusMethodNotAllowed, r.StatusCode)
	require.Equal(t, "GET, HEAD", r.Header.Get("Allow"))
}

func TestAnAppThatIsNotBuilt(t *testing.T) {
	t.Parallel()
	r := serve(t, fstest.MapFS{}, http.MethodGet, "/app/agents", nil)
	require.Equal(t, http.StatusServiceUnavailable, r.StatusCode)
	require.Contains(t, text(t, r), "web.dir")
	a, err := newApp(fstest.MapFS{}, mustURL(t, ""), mustURL(t, ""))
	require.NoError(t, err)
	require.ErrorIs(t, a.check(), errNotBuilt)
}

func FuzzPaths(f *testing.F) {
	for _, seed := range []string{"/", "/agents", "/assets/main-abc.js", "/../x", "/a\x00b", "//", "/env.json"} {
		f.Add(seed, "br")
	}
	f.Fuzz(func(t *testing.T, path, accept string) {
		a, err := newApp(builtApp(), mustURL(t, ""), mustURL(t, ""))
		require.NoError(t, err)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.URL.Path = path
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		a.ServeHTTP(w, r)
		require.Contains(t, []int{http.StatusOK, http.StatusNotFound}, w.Code, path)
	})
}
