package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
)

const (
	indexName = "index.html"
	// assetsDir holds files whose names change with their content.
	assetsDir = "assets/"
	// maxFile bounds what is read into memory to serve one file.
	maxFile = 16 << 20
)

var errNotBuilt = errors.New("the web app is not there: build it, or set web.dir")

// app serves the web app's files and, for every other path of a page, its index.
type app struct {
	files   fs.FS
	headers headers
	env     []byte
}

// runtimeEnv is what the app reads at its start from env.json.
type runtimeEnv struct {
	APIBase string `json:"apiBase"`
	WSBase  string `json:"wsBase"`
}

func newApp(files fs.FS, apiBase, wsBase config.URL) (*app, error) {
	env, err := json.Marshal(runtimeEnv{APIBase: strings.TrimRight(apiBase.Reveal(), "/"), WSBase: strings.TrimRight(wsBase.Reveal(), "/")})
	if err != nil {
		return nil, fmt.Errorf("runtime configuration of the web app: %w", err)
	}
	return &app{files: files, headers: newHeaders(apiBase, wsBase), env: env}, nil
}

// check says whether there is an app to serve.
func (a *app) check() error {
	if _, err := fs.Stat(a.files, indexName); err != nil {
		return errNotBuilt
	}
	return nil
}

// ServeHTTP answers paths below /app/, which is stripped already.
func (a *app) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.headers.set(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
	switch name {
	case "env.json":
		a.send(w, r, "env.json", "", a.env)
		return
	case "":
		name = indexName
	}
	err := a.file(w, r, name)
	if !errors.Is(err, fs.ErrNotExist) {
		a.fail(w, err)
		return
	}
	// A file that is missing must not come back as a page; anything else is an address inside the app.
	if strings.HasPrefix(name, assetsDir) || isStatic(name) {
		w.Header().Set("Cache-Control", "no-cache")
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	if err := a.file(w, r, indexName); errors.Is(err, fs.ErrNotExist) {
		a.fail(w, errNotBuilt)
	} else {
		a.fail(w, err)
	}
}

// isStatic says whether a name can only be a file's. Host names with dots appear in page addresses, so that an unknown
// ending does not count.
func isStatic(name string) bool {
	switch path.Ext(name) {
	case ".js", ".mjs", ".css", ".map", ".svg", ".png", ".ico", ".json", ".txt", ".woff2", ".webmanifest", ".br", ".gz":
		return true
	}
	return false
}

// file sends one file in the best encoding that was prepared for it. It returns fs.ErrNotExist when there is none.
func (a *app) file(w http.ResponseWriter, r *http.Request, name string) error {
	if !fs.ValidPath(name) {
		return fs.ErrNotExist
	}
	info, err := fs.Stat(a.files, name)
	if err != nil || !info.Mode().IsRegular() {
		return fs.ErrNotExist
	}
	w.Header().Add("Vary", "Accept-Encoding")
	for _, e := range []struct{ token, ending string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !accepts(r.Header.Get("Accept-Encoding"), e.token) {
			continue
		}
		body, err := a.read(name + e.ending)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		a.send(w, r, name, e.token, body)
		return nil
	}
	body, err := a.read(name)
	if err != nil {
		return err
	}
	a.send(w, r, name, "", body)
	return nil
}

func (a *app) read(name string) (_ []byte, err error) {
	f, err := a.files.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open %s of the web app: %w", name, err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	body, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read %s of the web app: %w", name, err)
	}
	if len(body) > maxFile {
		return nil, fmt.Errorf("%s of the web app is larger than %d bytes", name, maxFile)
	}
	return body, nil
}

func (a *app) send(w http.ResponseWriter, r *http.Request, name, encoding string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	if encoding != "" {
		h.Set("Content-Encoding", encoding)
	}
	sum := sha256.Sum256(body)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:12])+`"`)
	if strings.HasPrefix(name, assetsDir) {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(body))
}

func (a *app) fail(w http.ResponseWriter, err error) {
	if err == nil {
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	status := http.StatusInternalServerError
	if errors.Is(err, errNotBuilt) {
		status = http.StatusServiceUnavailable
	}
	http.Error(w, err.Error(), status)
}

// contentType does not ask the machine's own table: answers must be the same everywhere.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json"
	case ".woff2":
		return "font/woff2"
	case ".webmanifest":
		return "application/manifest+json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// accepts reads an Accept-Encoding header: the coding is listed and not refused with q=0.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		token, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(token), coding) {
			continue
		}
		q := strings.ReplaceAll(strings.ToLower(params), " ", "")
		return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
	}
	return false
}
