// Package frames defines what browsers and the realtime service say to each other over WebSockets, as JSON text: the
// sockets of the contract (agent-protocol.md §7, rest-1.md Annex A) and our own live facts.
package frames

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Close codes.
const (
	CloseForbidden    = 4003 // no permission for what the socket is for
	CloseSessionGone  = 4401 // the session ended or was revoked
	CloseUnauthorised = 4403 // a frame came after the permission was lost
	CloseSlowReader   = 4408 // the client reads too slowly and missed something
)

// MaxFrame bounds a frame of a browser, in bytes: the longest holds a command or pasted text.
const MaxFrame = 256 << 10

// ErrFrame says that a frame cannot be understood.
var ErrFrame = errors.New("bad frame")

// DashInfo is what /ws/dashinfo/ sends.
type DashInfo struct {
	Action string     `json:"action"`
	Data   DashCounts `json:"data"`
}

// DashCounts are the counters of the dashboard.
type DashCounts struct {
	ServerOffline        int64 `json:"total_server_offline_count"`
	WorkstationOffline   int64 `json:"total_workstation_offline_count"`
	Server               int64 `json:"total_server_count"`
	Workstation          int64 `json:"total_workstation_count"`
	DaysUntilCertExpires int   `json:"days_until_cert_expires"`
}

// NewDashInfo returns the frame for the counters.
func NewDashInfo(c DashCounts) DashInfo { return DashInfo{Action: "dashboard.agentcount", Data: c} }

// Failure is an answer that says what was wrong.
type Failure struct {
	Error  string `json:"error"`
	Status int    `json:"status,omitempty"`
}

func decode(data []byte, v any) error {
	if len(data) > MaxFrame {
		return fmt.Errorf("%w: too large", ErrFrame)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %w", ErrFrame, err)
	}
	return nil
}
