package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// readGrace is how much longer than its operation a request's body may take to arrive.
const readGrace = 5 * time.Second

// view is one path with the operations of its methods. It decides in the order that the contract fixes: does the path
// match, is the reply form acceptable, who calls, may he, is he too fast, and only then whether the method exists.
type view struct {
	router  *Router
	path    string
	methods map[string]*route
	first   *route
}

func (v *view) add(rt *route) error {
	if v.methods[rt.Method] != nil {
		return fmt.Errorf("operation %s: %s %s is taken by %s", rt.ID, rt.Method, rt.Path, v.methods[rt.Method].ID)
	}
	if v.path != rt.Path {
		return fmt.Errorf("operation %s: %s names its parameters unlike %s", rt.ID, rt.Path, v.path)
	}
	v.methods[rt.Method] = rt
	if v.first == nil {
		v.first = rt
	}
	return v.sameParams(rt)
}

// sameParams refuses an operation that types a path parameter unlike its siblings: the form of a segment decides whether
// the path exists, before anybody knows which method will be called.
func (v *view) sameParams(rt *route) error {
	for i := range v.first.input.params {
		p := &v.first.input.params[i]
		for j := range rt.input.params {
			q := &rt.input.params[j]
			if p.in == "path" && q.in == "path" && p.name == q.name && p.typ != q.typ {
				return fmt.Errorf("operation %s: path parameter %s is %s, but %s in %s", rt.ID, p.name, q.typ, p.typ, v.first.ID)
			}
		}
	}
	return nil
}

// find returns the operation of a method; HEAD is GET without the body.
func (v *view) find(method string) *route {
	if rt := v.methods[method]; rt != nil {
		return rt
	}
	if rt := v.methods[http.MethodGet]; rt != nil && method == http.MethodHead && !rt.NoHead {
		return rt
	}
	return nil
}

func (v *view) allow() string {
	methods := []string{http.MethodOptions}
	for m, rt := range v.methods {
		methods = append(methods, m)
		if m == http.MethodGet && !rt.NoHead {
			methods = append(methods, http.MethodHead)
		}
	}
	slices.Sort(methods)
	return strings.Join(methods, ", ")
}

// pathParams returns the path parameters, or false when a segment has not the form its type asks for.
func (v *view) pathParams(c echo.Context) (map[string]string, bool) {
	values := map[string]string{}
	for i, name := range c.ParamNames() {
		text := c.ParamValues()[i]
		if c.Request().URL.RawPath != "" {
			unescaped, err := url.PathUnescape(text)
			if err != nil {
				return nil, false
			}
			text = unescaped
		}
		values[name] = text
	}
	for i := range v.first.input.params {
		p := &v.first.input.params[i]
		if p.in == "path" && !p.matchesPath(values[p.name]) {
			return nil, false
		}
	}
	return values, true
}

func (v *view) serve(c echo.Context) error {
	params, ok := v.pathParams(c)
	if !ok {
		return v.router.notFound(c)
	}
	obs := observed(c.Request().Context())
	rt := v.find(c.Request().Method)
	op := &v.first.Operation // answers for methods that the path lacks
	if rt != nil {
		op = &rt.Operation
	}
	obs.operation, obs.frequent = op.ID, op.Frequent
	c.Response().Header().Set("Allow", v.allow())
	call := &Call{
		Operation: op, Request: c.Request(), RequestID: obs.id, params: params, header: http.Header{},
		Log: v.router.options.Log.WithLazy(zap.String(log.FieldRequestID, obs.id), zap.String(log.FieldOperation, op.ID)),
	}
	err := v.serveCall(c, call, rt)
	if err == nil {
		return nil
	}
	return v.router.refuse(c, call, err)
}

func (v *view) serveCall(c echo.Context, call *Call, rt *route) error {
	req, op := c.Request(), call.Operation
	if op.NotInDemo && v.router.options.Demo {
		return fault.Refused("Not available in demo")
	}
	if err := negotiate(req, op); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(req.Context(), op.Timeout)
	defer cancel()
	principal, err := v.router.authenticate(ctx, req, op.Auth, op.AllowSetup)
	if err != nil {
		return err
	}
	identified := *principal
	identified.IP = v.router.clientIP.of(req)
	call.Principal = &identified
	observed(req.Context()).principal = call.Principal
	ctx = access.With(ctx, call.Principal)
	if rt == nil {
		return v.otherMethod(c, call)
	}
	if err := call.authorise(); err != nil {
		return err
	}
	if err := v.router.throttle(ctx, op, call.Principal); err != nil {
		return err
	}
	call.Log = call.Log.WithLazy(zap.String(log.FieldUser, call.Principal.Username))
	ctx = audit.WithRequest(ctx, audit.Request{URL: req.URL.Path, Method: req.Method, Operation: op.ID, Params: call.params})
	// A body that trickles in must not hold the operation longer than it may take.
	err = http.NewResponseController(c.Response().Writer).SetReadDeadline(time.Now().Add(op.Timeout + readGrace))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("set read deadline: %w", err)
	}
	call.Request = req.WithContext(ctx)
	call.Request.Body = http.MaxBytesReader(c.Response().Writer, req.Body, op.MaxBody)
	if req.ContentLength > op.MaxBody {
		return readError(&http.MaxBytesError{Limit: op.MaxBody})
	}
	return rt.run(ctx, call, c.Response())
}

// otherMethod answers OPTIONS, and 405 for everything the path does not have.
func (v *view) otherMethod(c echo.Context, call *Call) error {
	if c.Request().Method == http.MethodOptions {
		raw, err := encodeJSON(map[string]any{
			"name": call.Operation.Tag, "description": "", "renders": []string{typeJSON},
			"parses": []string{typeJSON, typeForm, typeMultipart},
		})
		if err != nil {
			return err
		}
		return sendBytes(c.Response(), http.StatusOK, typeJSON, raw)
	}
	return &BodyError{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed",
		Body: detail{fmt.Sprintf(`Method "%s" not allowed.`, c.Request().Method)}}
}

// negotiate refuses callers who want the reply in another form than JSON.
func negotiate(req *http.Request, op *Operation) error {
	if op.AnyAccept || op.ContentType != typeJSON {
		return nil
	}
	if format := req.URL.Query().Get("format"); format != "" && format != "json" && !op.Problem() {
		return &BodyError{Status: http.StatusNotFound, Code: "not_found", Body: detail{"Not found."}}
	}
	accept := req.Header.Values("Accept")
	if len(accept) == 0 || acceptsJSON(strings.Join(accept, ",")) {
		return nil
	}
	return &BodyError{Status: http.StatusNotAcceptable, Code: "not_acceptable", Body: detail{"Could not satisfy the request Accept header."}}
}

func acceptsJSON(accept string) bool {
	if strings.TrimSpace(accept) == "" {
		return true
	}
	for _, part := range strings.Split(accept, ",") {
		mediaType, _, _ := strings.Cut(part, ";")
		switch strings.ToLower(strings.TrimSpace(mediaType)) {
		case "*/*", "application/*", typeJSON, typeProblem:
			return true
		}
	}
	return false
}

// refuse sends the answer to an error. When the reply has already begun there is no way to tell but to break it off.
func (r *Router) refuse(c echo.Context, call *Call, err error) error {
	a := answerOf(err)
	obs := observed(c.Request().Context())
	obs.refusal = a.kind
	var written *writeError
	if errors.As(err, &written) {
		call.Log.Debug("reply not taken by the client", zap.Error(err))
		return nil
	}
	if a.status == http.StatusInternalServerError {
		call.Log.Error("operation failed", zap.Error(err))
	}
	if c.Response().Committed {
		call.Log.Error("reply broken off", zap.Error(err))
		panic(http.ErrAbortHandler)
	}
	if c.Request().Context().Err() != nil && a.status == statusClientGone {
		obs.status = statusClientGone
		return nil
	}
	if sendErr := sendAnswer(c.Response(), a, call.Operation.Problem(), obs.id); sendErr != nil {
		call.Log.Debug("refusal not taken by the client", zap.Error(sendErr))
	}
	return nil
}
