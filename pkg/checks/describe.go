package checks

import (
	"fmt"
	"strings"
)

// Label returns the display name of a check type (rest-2.md §3.2).
func (t Type) Label() string {
	switch t {
	case DiskSpace:
		return "Disk Space Check"
	case Ping:
		return "Ping Check"
	case CPULoad:
		return "CPU Load Check"
	case Memory:
		return "Memory Check"
	case WinSvc:
		return "Service Check"
	case Script:
		return "Script Check"
	case EventLog:
		return "Event Log Check"
	default:
		return string(t)
	}
}

// Describe returns the readable description of a check, character by character as in rest-2.md §3.2; scriptName is used
// for script checks only. A null text shows as the word None, which existing clients and alert mails contain.
func (d *Definition) Describe(scriptName string) string {
	label := d.CheckType.Label()
	switch d.CheckType {
	case DiskSpace:
		return fmt.Sprintf("%s: Drive %s - %s", label, textOrNone(d.Disk), d.thresholdText())
	case CPULoad, Memory:
		return fmt.Sprintf("%s - %s", label, d.thresholdText())
	case Ping, EventLog:
		return fmt.Sprintf("%s: %s", label, textOrNone(d.Name))
	case WinSvc:
		return fmt.Sprintf("%s: %s", label, textOrNone(d.SvcDisplayName))
	case Script:
		return fmt.Sprintf("%s: %s", label, scriptName)
	default:
		return label
	}
}

// thresholdText lists the thresholds that are set, each with its leading blank.
func (d *Definition) thresholdText() string {
	var b strings.Builder
	if w := valueOf(d.WarningThreshold); w != 0 {
		fmt.Fprintf(&b, " Warning Threshold: %d%%", w)
	}
	if e := valueOf(d.ErrorThreshold); e != 0 {
		fmt.Fprintf(&b, " Error Threshold: %d%%", e)
	}
	return b.String()
}

func textOrNone(s *string) string {
	if s == nil {
		return "None"
	}
	return *s
}

// valueOf reads an optional value, the zero value standing for null.
func valueOf[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
