package rest

import (
	"net/http"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

// Call is one request on its way through an operation.
type Call struct {
	Operation *Operation
	Request   *http.Request
	Principal *access.Principal
	RequestID string
	Log       *zap.Logger // carries request id, operation and caller

	params     map[string]string
	body       []byte // as it was sent, when it was JSON
	header     http.Header
	status     int
	authorised bool
}

// Require allows the call when the caller has one of the permissions, and refuses it otherwise. Operations with a
// LatePermission call it, or Allow, before they touch anything.
func (c *Call) Require(anyOf ...access.Permission) error {
	for _, p := range anyOf {
		if c.Principal.Can(p) {
			c.authorised = true
			return nil
		}
	}
	return fault.Forbidden()
}

// Allow lets the call pass for a reason that is no permission. The reason is for the reader of the code.
func (c *Call) Allow(string) error {
	c.authorised = true
	return nil
}

// Params returns the path parameters by name.
func (c *Call) Params() map[string]string { return c.params }

// Header returns the headers of the reply.
func (c *Call) Header() http.Header { return c.header }

// SetStatus replaces the operation's success status.
func (c *Call) SetStatus(status int) { c.status = status }
