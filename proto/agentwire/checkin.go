package agentwire

import "fmt"

// Kind tells the check-in messages apart. It travels in the NATS reply field (agent-protocol.md §2.3).
type Kind string

// The six kinds of check-in.
const (
	KindHello       Kind = "agent-hello"
	KindAgentInfo   Kind = "agent-agentinfo"
	KindDisks       Kind = "agent-disks"
	KindWinServices Kind = "agent-winsvc"
	KindPublicIP    Kind = "agent-publicip"
	KindWMI         Kind = "agent-wmi"
)

// Kinds returns all kinds in the order of a start-up burst.
func Kinds() []Kind {
	return []Kind{KindHello, KindAgentInfo, KindDisks, KindWinServices, KindPublicIP, KindWMI}
}

// ParseKind recognises the reply field of a check-in. Replies of requests are not kinds.
func ParseKind(reply string) (Kind, bool) {
	switch k := Kind(reply); k {
	case KindHello, KindAgentInfo, KindDisks, KindWinServices, KindPublicIP, KindWMI:
		return k, true
	}
	return "", false
}

// CheckIn is one of the six messages.
type CheckIn interface {
	// Agent is the id in the body; a receiver must compare it with the subject.
	Agent() string
	// Kind is the reply field the message travels with.
	Kind() Kind
	// Encode renders the message for the wire.
	Encode() ([]byte, error)
}

// DecodeCheckIn decodes the message of the given kind. The agent id in it is well formed.
func DecodeCheckIn(kind Kind, data []byte) (CheckIn, error) {
	var msg CheckIn
	var err error
	switch kind {
	case KindHello:
		msg, err = DecodeHello(data)
	case KindAgentInfo:
		msg, err = DecodeAgentInfo(data)
	case KindDisks:
		msg, err = DecodeDisks(data)
	case KindWinServices:
		msg, err = DecodeWinServices(data)
	case KindPublicIP:
		msg, err = DecodePublicIP(data)
	case KindWMI:
		msg, err = DecodeWMI(data)
	default:
		return nil, fmt.Errorf("decode check-in: unknown kind %q", string(kind))
	}
	if err != nil {
		return nil, err
	}
	if !ValidAgentID(msg.Agent()) {
		return nil, fmt.Errorf("decode %s: %w", kind, ErrAgentID)
	}
	return msg, nil
}

// Hello says that the agent is alive. It alone refreshes last_seen.
type Hello struct {
	AgentID string `msgpack:"agent_id" json:"agent_id"`
	Version string `msgpack:"version" json:"version"`
}

// AgentInfo describes the machine in short.
type AgentInfo struct {
	AgentID         string  `msgpack:"agent_id" json:"agent_id"`
	Username        string  `msgpack:"logged_in_username" json:"logged_in_username"`
	Hostname        string  `msgpack:"hostname" json:"hostname"`
	OperatingSystem string  `msgpack:"operating_system" json:"operating_system"`
	Platform        string  `msgpack:"plat" json:"plat"`           // windows, linux, darwin
	TotalRAM        float64 `msgpack:"total_ram" json:"total_ram"` // GiB, rounded up
	BootTime        int64   `msgpack:"boot_time" json:"boot_time"` // unix seconds
	NeedsReboot     bool    `msgpack:"needs_reboot" json:"needs_reboot"`
	GoArch          string  `msgpack:"goarch" json:"goarch"`
}

// Disk is one file system; sizes are text such as "465.1 GB".
type Disk struct {
	Device  string `msgpack:"device" json:"device"`
	FSType  string `msgpack:"fstype" json:"fstype"`
	Total   string `msgpack:"total" json:"total"`
	Used    string `msgpack:"used" json:"used"`
	Free    string `msgpack:"free" json:"free"`
	Percent int    `msgpack:"percent" json:"percent"`
}

// Disks lists the file systems.
type Disks struct {
	AgentID string `msgpack:"agent_id" json:"agent_id"`
	Disks   []Disk `msgpack:"disks" json:"disks"`
}

// Service is one Windows service.
type Service struct {
	Name        string `msgpack:"name" json:"name"`
	Status      string `msgpack:"status" json:"status"`
	DisplayName string `msgpack:"display_name" json:"display_name"`
	BinPath     string `msgpack:"binpath" json:"binpath"`
	Description string `msgpack:"description" json:"description"`
	Username    string `msgpack:"username" json:"username"`
	PID         uint32 `msgpack:"pid" json:"pid"`
	StartType   string `msgpack:"start_type" json:"start_type"`
	AutoDelay   bool   `msgpack:"autodelay" json:"autodelay"`
}

// WinServices lists the Windows services; it is empty on other systems.
type WinServices struct {
	AgentID  string    `msgpack:"agent_id" json:"agent_id"`
	Services []Service `msgpack:"services" json:"services"`
}

// PublicIP is the address the agent is seen from, or an error text.
type PublicIP struct {
	AgentID  string `msgpack:"agent_id" json:"agent_id"`
	PublicIP string `msgpack:"public_ip" json:"public_ip"`
}

// WMI is the hardware detail: a tree of free shape that can be stored as JSON.
type WMI struct {
	AgentID string         `msgpack:"agent_id" json:"agent_id"`
	WMI     map[string]any `msgpack:"wmi" json:"wmi"`
}

// Agent implements CheckIn.
func (m Hello) Agent() string { return m.AgentID }

// Agent implements CheckIn.
func (m AgentInfo) Agent() string { return m.AgentID }

// Agent implements CheckIn.
func (m Disks) Agent() string { return m.AgentID }

// Agent implements CheckIn.
func (m WinServices) Agent() string { return m.AgentID }

// Agent implements CheckIn.
func (m PublicIP) Agent() string { return m.AgentID }

// Agent implements CheckIn.
func (m WMI) Agent() string { return m.AgentID }

// Kind implements CheckIn.
func (m Hello) Kind() Kind { return KindHello }

// Kind implements CheckIn.
func (m AgentInfo) Kind() Kind { return KindAgentInfo }

// Kind implements CheckIn.
func (m Disks) Kind() Kind { return KindDisks }

// Kind implements CheckIn.
func (m WinServices) Kind() Kind { return KindWinServices }

// Kind implements CheckIn.
func (m PublicIP) Kind() Kind { return KindPublicIP }

// Kind implements CheckIn.
func (m WMI) Kind() Kind { return KindWMI }

// Encode implements CheckIn.
func (m Hello) Encode() ([]byte, error) { return marshal("hello", m) }

// Encode implements CheckIn.
func (m AgentInfo) Encode() ([]byte, error) { return marshal("agentinfo", m) }

// Encode implements CheckIn.
func (m Disks) Encode() ([]byte, error) { return marshal("disks", m) }

// Encode implements CheckIn.
func (m WinServices) Encode() ([]byte, error) { return marshal("winsvc", m) }

// Encode implements CheckIn.
func (m PublicIP) Encode() ([]byte, error) { return marshal("publicip", m) }

// Encode implements CheckIn.
func (m WMI) Encode() ([]byte, error) { return marshal("wmi", m) }
