package urlactions_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	"github.com/gueencode/gueenrmm/pkg/urlactions"
	"github.com/gueencode/gueenrmm/pkg/variables"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

func data(hostname string) *variables.Data {
	return &variables.Data{Kind: variables.Agent, Globals: map[string]string{"key": `C:\Temp`}, Self: &variables.Object{
		Display: hostname, Attributes: map[string]any{"hostname": hostname, "total_ram": int64(8)},
	}}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	plain, err := urlactions.NewGuard(nil)
	require.NoError(t, err)
	open, err := urlactions.NewGuard([]string{"10.1.0.0/16", "127.0.0.1:8080", "fd00::/8"})
	require.NoError(t, err)
	for address, want := range map[string][2]bool{
		"8.8.8.8:443":                {true, true},
		"[2606:4700::1111]:443":      {true, true},
		"127.0.0.1:80":               {false, false},
		"127.0.0.1:8080":             {false, true},
		"[::ffff:127.0.0.1]:8080":    {false, true},
		"[::ffff:127.0.0.1]:80":      {false, false},
		"[::1]:80":                   {false, false},
		"10.1.2.3:80":                {false, true},
		"10.2.2.3:80":                {false, false},
		"172.16.0.1:80":              {false, false},
		"192.168.1.1:80":             {false, false},
		"169.254.169.254:80":         {false, false},
		"0.0.0.0:80":                 {false, false},
		"0.1.2.3:80":                 {false, false},
		"[::]:80":                    {false, false},
		"100.64.0.1:80":              {false, false},
		"224.0.0.1:80":               {false, false},
		"255.255.255.255:80":         {false, false},
		"[fe80::1%eth0]:80":          {false, false},
		"[fc00::1]:80":               {false, false},
		"[fd00::1]:80":               {false, true},
		"[64:ff9b::7f00:1]:80":       {false, false},
		"[2002:7f00:1::]:80":         {false, false},
		"[::127.0.0.1]:80":           {false, false},
		"[fec0::1]:80":               {false, false},
		"[ff02::1]:80":               {false, false},
		"[2001:0:53aa:64c::7f00]:80": {false, false},
	} {
		a := netip.MustParseAddrPort(address)
		require.Equal(t, want, [2]bool{plain.Allows(a), open.Allows(a)}, address)
	}
	_, err = urlactions.NewGuard([]string{"example.com"})
	require.ErrorContains(t, err, "neither a network")
}

func TestCall(t *testing.T) {
	t.Parallel()
	secret := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secret") }))
	t.Cleanup(secret.Close)
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, strings.Join([]string{r.Method, r.Header.Get("X-Kit"), r.Header.Get("Content-Type"), r.Header.Get("User-Agent"), string(body)}, "|"))
	})
	mux.HandleFunc("/away", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, secret.URL, http.StatusFound) })
	mux.HandleFunc("/file", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", "file:///etc/passwd")
		w.WriteHeader(http.StatusFound)
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	mux.HandleFunc("/long", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 1<<20))
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "http://")

	closed, err := urlactions.NewGuard(nil)
	require.NoError(t, err)
	for _, address := range []string{srv.URL + "/echo", strings.Replace(srv.URL, "127.0.0.1", "localhost", 1) + "/echo"} {
		_, err = urlactions.NewCaller(closed, "kit").Call(t.Context(), urlactions.Request{Method: "get", URL: address})
		require.ErrorContains(t, err, "the address is not allowed")
	}

	guard, err := urlactions.NewGuard([]string{host})
	require.NoError(t, err)
	caller := urlactions.NewCaller(guard, "kit")
	hook := urlactions.Hook{Method: "post", Pattern: srv.URL + "/echo", Body: `{"h": "{{agent.hostname}}"}`, Headers: `{"X-Kit": "{{global.key}}"}`}
	got, err := caller.Call(t.Context(), hook.Fill(data(`a"b`)))
	require.NoError(t, err)
	require.Equal(t, http.StatusTeapot, got.Status)
	require.Equal(t, `POST|C:\Temp|application/json|kit|{"h": "a\"b"}`, got.Text)

	for path, want := range map[string]string{"/away": "the address is not allowed", "/file": "only http and https", "/loop": "stopped after 5 redirects"} {
		_, err = caller.Call(t.Context(), urlactions.Request{Method: "get", URL: srv.URL + path})
		require.ErrorContains(t, err, want, path)
	}
	got, err = caller.Call(t.Context(), urlactions.Request{Method: "get", URL: srv.URL + "/long"})
	require.NoError(t, err)
	require.Len(t, got.Text, 256<<10)
	for _, address := range []string{"ftp://example.com/", "example.com", "http://", "http://[::1"} {
		_, err = caller.Call(t.Context(), urlactions.Request{Method: "get", URL: address})
		require.Error(t, err, address)
	}
}

// TestRedirectsLeaveHeadersBehind: a hook's credentials are for the host that it names.
func TestRedirectsLeaveHeadersBehind(t *testing.T) {
	t.Parallel()
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "token="+r.Header.Get("X-Token"))
	}))
	t.Cleanup(other.Close)
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/here" {
			_, _ = io.WriteString(w, "token="+r.Header.Get("X-Token"))
			return
		}
		target := other.URL
		if r.URL.Path == "/same" {
			target = "/here"
		}
		http.Redirect(w, r, target, http.StatusFound)
	}))
	t.Cleanup(first.Close)
	guard, err := urlactions.NewGuard([]string{"127.0.0.0/8"})
	require.NoError(t, err)
	for path, want := range map[string]string{"/other": "token=", "/same": "token=t"} {
		got, err := urlactions.NewCaller(guard, "kit").Call(t.Context(), urlactions.Request{
			Method: "get", URL: first.URL + path, Headers: map[string]string{"X-Token": "t"},
		})
		require.NoError(t, err)
		require.Equal(t, want, got.Text, path)
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	d := data("pc \"1\"\\")
	for in, want := range map[string]string{
		`{"a": "{{agent.hostname}}"}`:         `{"a": "pc \"1\"\\"}`,
		`{"a": {{agent.total_ram}}}`:          `{"a": 8}`,
		"{\"a\": \"one\ntwo\\x\"}":            `{"a": "one\ntwo\\x"}`,
		"{\"a\": \"\\\"q\\\" \\u00e9 \x01\"}": `{"a": "\"q\" \u00e9  "}`,
		`{"path": "{{global.key}}"}`:          `{"path": "C:\\Temp"}`,
		`plain {{agent.total_ram}}`:           `"plain 8"`,
		`{"a": {{global.nosuch}}}`:            `"{\"a\": None}"`,
	} {
		require.Equal(t, want, string(urlactions.Hook{Method: "put", Body: in}.Fill(d).Sent), in)
	}
	require.Nil(t, urlactions.Hook{Method: "get", Body: "{}"}.Fill(d).Sent)
	require.Empty(t, urlactions.Hook{Method: "get", Headers: "none"}.Fill(d).Headers)
	require.Equal(t, map[string]string{"A": "1", "B": "x"}, urlactions.Hook{Headers: `{"A": 1, "B": "x"}`}.Fill(d).Headers)
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://x/a b/é?q=1&r=[2]#f": "https://x/a%20b/%C3%A9?q=1&r=[2]#f",
		"%41%2f%zz%":                  "A%2f%25zz%25",
		`a"b\c<d>`:                    "a%22b%5Cc%3Cd%3E",
	} {
		require.Equal(t, want, urlactions.Quote(in), in)
		require.Equal(t, want, urlactions.Quote(urlactions.Quote(in)), "quoting twice changes nothing")
	}
}

func FuzzFill(f *testing.F) {
	f.Add(`{"a": "{{agent.hostname}}"}`, `x"\`)
	f.Add("{\"\\", "\n")
	f.Fuzz(func(t *testing.T, body, hostname string) {
		r := urlactions.Hook{Method: "post", Pattern: body, Body: body, Headers: body}.Fill(data(hostname))
		require.NotEmpty(t, r.Sent)
		require.Equal(t, r.URL, urlactions.Quote(r.URL))
	})
}
