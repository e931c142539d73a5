package rest

import (
	"errors"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"
)

// unrouted is echo's handler of errors: requests that reached no view.
func (r *Router) unrouted(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	var he *echo.HTTPError
	if errors.As(err, &he) && (he.Code == http.StatusNotFound || he.Code == http.StatusMethodNotAllowed) {
		err = r.notFound(c)
	}
	if err != nil {
		r.options.Log.Error("request failed before its operation", zap.Error(err), zap.String("path", c.Request().URL.Path))
		if err := sendPage(c.Response(), http.StatusInternalServerError); err != nil {
			r.options.Log.Debug("error page not taken by the client", zap.Error(err))
		}
	}
}

// notFound redirects to the slashed form when that exists, and answers the page, or a problem under /v1/, otherwise.
func (r *Router) notFound(c echo.Context) error {
	req := c.Request()
	path := req.URL.Path
	if !strings.HasSuffix(path, "/") && r.routed(path+"/") {
		target := req.URL.EscapedPath() + "/"
		if req.URL.RawQuery != "" {
			target += "?" + req.URL.RawQuery
		}
		c.Response().Header().Set("Location", target)
		c.Response().WriteHeader(http.StatusMovedPermanently)
		return nil
	}
	observed(req.Context()).refusal = "no_route"
	if strings.HasPrefix(path, "/v1/") {
		return sendAnswer(c.Response(), answer{status: http.StatusNotFound, kind: "no_route", text: "There is no such operation."},
			true, observed(req.Context()).id)
	}
	return sendPage(c.Response(), http.StatusNotFound)
}

// routed says whether a path belongs to a view.
func (r *Router) routed(path string) bool {
	c := r.echo.NewContext(nil, nil)
	r.echo.Router().Find(http.MethodGet, path, c)
	v := r.views[c.Path()]
	if v == nil {
		return false
	}
	for i := range v.first.input.params {
		p := &v.first.input.params[i]
		if p.in == "path" && !p.matchesPath(c.Param(p.name)) {
			return false
		}
	}
	return true
}
