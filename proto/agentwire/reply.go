package agentwire

import "fmt"

// ScriptResult is the reply to runscriptfull and the script part of a history result (agent-protocol.md §3.3, §4.8).
type ScriptResult struct {
	Stdout        string  `msgpack:"stdout" json:"stdout"`
	Stderr        string  `msgpack:"stderr" json:"stderr"`
	RetCode       int64   `msgpack:"retcode" json:"retcode"`               // unsigned 32-bit on Windows
	ExecutionTime float64 `msgpack:"execution_time" json:"execution_time"` // seconds
	ID            int     `msgpack:"id" json:"id"`
}

// Process is one running process.
type Process struct {
	Name       string `msgpack:"name" json:"name"`
	PID        int    `msgpack:"pid" json:"pid"`
	MemBytes   uint64 `msgpack:"membytes" json:"membytes"`
	Username   string `msgpack:"username" json:"username"`
	ID         int    `msgpack:"id" json:"id"` // position in the list
	CPUPercent string `msgpack:"cpu_percent" json:"cpu_percent"`
}

// ActionResult is the reply to winsvcaction and editwinsvc.
type ActionResult struct {
	Success  bool   `msgpack:"success" json:"success"`
	ErrorMsg string `msgpack:"errormsg" json:"errormsg"`
}

// Software is one installed program.
type Software struct {
	Name        string `msgpack:"name" json:"name"`
	Version     string `msgpack:"version" json:"version"`
	Publisher   string `msgpack:"publisher" json:"publisher"`
	InstallDate string `msgpack:"install_date" json:"install_date"`
	Size        string `msgpack:"size" json:"size"`
	Source      string `msgpack:"source" json:"source"`
	Location    string `msgpack:"location" json:"location"`
	Uninstall   string `msgpack:"uninstall" json:"uninstall"`
}

// EventLogEntry is one entry of a Windows event log.
type EventLogEntry struct {
	Source    string `msgpack:"source" json:"source"`
	EventType string `msgpack:"eventType" json:"eventType"`
	EventID   uint32 `msgpack:"eventID" json:"eventID"`
	Message   string `msgpack:"message" json:"message"`
	Time      string `msgpack:"time" json:"time"`
	UID       int    `msgpack:"uid" json:"uid"`
}

// DecodeText decodes a plain reply. Numbers and booleans are rendered as text, nil is empty.
func DecodeText(data []byte) (string, error) {
	c, err := newCursor(data, limitsText)
	if err != nil {
		return "", fmt.Errorf("decode text: %w", err)
	}
	s, err := c.text()
	if err != nil {
		return "", fmt.Errorf("decode text: %w", err)
	}
	return s, nil
}

// DecodeBool decodes the reply to needsreboot.
func DecodeBool(data []byte) (bool, error) {
	c, err := newCursor(data, limitsText)
	if err != nil {
		return false, fmt.Errorf("decode bool: %w", err)
	}
	b, err := c.boolean()
	if err != nil {
		return false, fmt.Errorf("decode bool: %w", err)
	}
	return b, nil
}

// DecodeInt decodes the reply to cpuloadavg.
func DecodeInt(data []byte) (int64, error) {
	c, err := newCursor(data, limitsText)
	if err != nil {
		return 0, fmt.Errorf("decode int: %w", err)
	}
	n, err := c.integer()
	if err != nil {
		return 0, fmt.Errorf("decode int: %w", err)
	}
	return n, nil
}

// DecodeScriptResult decodes the reply to runscriptfull.
func DecodeScriptResult(data []byte) (ScriptResult, error) {
	var r ScriptResult
	err := decode("script result", data, limitsReply, map[string]field{
		"stdout":         setText(&r.Stdout),
		"stderr":         setText(&r.Stderr),
		"retcode":        setInt(&r.RetCode),
		"execution_time": setFloat(&r.ExecutionTime),
		"id":             setInt(&r.ID),
	})
	return r, err
}

// DecodeActionResult decodes the reply to winsvcaction and editwinsvc.
func DecodeActionResult(data []byte) (ActionResult, error) {
	var r ActionResult
	err := decode("action result", data, limitsReply, map[string]field{
		"success":  setBool(&r.Success),
		"errormsg": setText(&r.ErrorMsg),
	})
	return r, err
}

// DecodeService decodes the reply to winsvcdetail.
func DecodeService(data []byte) (Service, error) {
	var s Service
	err := decode("service", data, limitsReply, s.fields())
	return s, err
}

// DecodeServices decodes the reply to winservices.
func DecodeServices(data []byte) ([]Service, error) {
	return decodeList("services", data, (*Service).fields)
}

// DecodeProcesses decodes the reply to procs.
func DecodeProcesses(data []byte) ([]Process, error) {
	return decodeList("processes", data, func(p *Process) map[string]field {
		return map[string]field{
			"name": setText(&p.Name), "pid": setInt(&p.PID), "membytes": setInt(&p.MemBytes),
			"username": setText(&p.Username), "id": setInt(&p.ID), "cpu_percent": setText(&p.CPUPercent),
		}
	})
}

// DecodeSoftware decodes the reply to softwarelist.
func DecodeSoftware(data []byte) ([]Software, error) {
	return decodeList("software", data, func(s *Software) map[string]field {
		return map[string]field{
			"name": setText(&s.Name), "version": setText(&s.Version), "publisher": setText(&s.Publisher),
			"install_date": setText(&s.InstallDate), "size": setText(&s.Size), "source": setText(&s.Source),
			"location": setText(&s.Location), "uninstall": setText(&s.Uninstall),
		}
	})
}

// DecodeEventLog decodes the reply to eventlog.
func DecodeEventLog(data []byte) ([]EventLogEntry, error) {
	return decodeList("event log", data, func(e *EventLogEntry) map[string]field {
		return map[string]field{
			"source": setText(&e.Source), "eventType": setText(&e.EventType), "eventID": setInt(&e.EventID),
			"message": setText(&e.Message), "time": setText(&e.Time), "uid": setInt(&e.UID),
		}
	})
}

// DecodeTexts decodes the reply to listschedtasks.
func DecodeTexts(data []byte) ([]string, error) {
	c, err := newCursor(data, limitsReply)
	if err != nil {
		return nil, fmt.Errorf("decode texts: %w", err)
	}
	out := []string{}
	if err := setTexts(&out)(c); err != nil {
		return nil, fmt.Errorf("decode texts: %w", err)
	}
	return out, nil
}

// decodeList decodes a top-level list of objects; the result is never nil on success.
func decodeList[T any](what string, data []byte, fields func(*T) map[string]field) ([]T, error) {
	c, err := newCursor(data, limitsReply)
	if err != nil {
		return nil, fmt.Errorf("decode %s: %w", what, err)
	}
	out := []T{}
	if err := listOf(&out, fields)(c); err != nil {
		return nil, fmt.Errorf("decode %s: %w", what, err)
	}
	return out, nil
}
