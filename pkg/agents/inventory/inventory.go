// Package inventory turns the asset report of an agent (wmi_detail, agent-protocol.md §2.4) into the few texts that
// lists, details and searches show: processors, graphics, addresses, make and model, disks, serial number
// (domain.md §1.2). It is called once per changed report, when the report is stored, and never while a list is read.
package inventory

import (
	"encoding/json"
	"strings"
)

// Limits on what a report can make us keep. A report is input from an agent; a hostile one gets short texts, not memory.
const (
	maxItems = 64
	maxText  = 512
)

// Summary is what is derived from one report.
type Summary struct {
	CPUModel      []string
	Graphics      string
	LocalIPs      string
	MakeModel     string
	PhysicalDisks []string
	SerialNumber  string
}

// Search returns one lower-case line of everything a free-text search looks for in a report.
func (s Summary) Search() string {
	parts := append([]string{s.LocalIPs, s.MakeModel, s.SerialNumber}, s.CPUModel...)
	return strings.ToLower(strings.Join(parts, " "))
}

// Derive reads a stored report. Reports that are absent, null or not an object give the fallback texts of the platform
// ("windows", anything else counts as POSIX).
func Derive(plat string, report []byte) Summary {
	var fields map[string]any
	if len(report) > 0 {
		if err := json.Unmarshal(report, &fields); err != nil {
			fields = nil
		}
	}
	return DeriveMap(plat, fields)
}

// DeriveMap is Derive for a report that is decoded already. Values of unexpected types are ignored.
func DeriveMap(plat string, fields map[string]any) Summary {
	if plat == "windows" {
		return windows(fields)
	}
	return posix(fields)
}

// Wanted says whether DeriveMap looks at a field of the report, on any platform. The others need not be decoded.
func Wanted(field string) bool {
	switch field {
	case "cpu", "graphics", "network_config", "comp_sys", "comp_sys_prod", "base_board", "disk", "bios", // windows
		"cpus", "gpus", "disks", "local_ips", "make_model", "serialnumber": // others
		return true
	}
	return false
}

// Fallback returns the texts for an agent of the platform that has not reported yet.
func Fallback(plat string) Summary { return DeriveMap(plat, nil) }

func posix(fields map[string]any) Summary {
	s := Summary{
		CPUModel:      texts(fields["cpus"]),
		PhysicalDisks: texts(fields["disks"]),
		LocalIPs:      strings.Join(texts(fields["local_ips"]), ", "),
		MakeModel:     text(fields["make_model"]),
		SerialNumber:  text(fields["serialnumber"]),
		Graphics:      "Error getting graphics cards",
	}
	if gpus, ok := fields["gpus"]; ok && gpus != nil {
		s.Graphics = strings.Join(texts(gpus), ", ")
		if s.Graphics == "" {
			s.Graphics = "No graphics cards"
		}
	}
	s.orElse("error getting make/model")
	return s
}

// orElse fills what the report did not say with the contract's fallback texts.
func (s *Summary) orElse(makeModel string) {
	if len(s.CPUModel) == 0 {
		s.CPUModel = []string{"unknown cpu model"}
	}
	if len(s.PhysicalDisks) == 0 {
		s.PhysicalDisks = []string{"unknown disk"}
	}
	if s.LocalIPs == "" {
		s.LocalIPs = "error getting local ips"
	}
	if s.MakeModel == "" {
		s.MakeModel = makeModel
	}
}

// text returns a bounded, trimmed text of valid UTF-8 without NUL, the only kind Postgres stores; "" for other types.
func text(v any) string {
	s, ok := v.(string)
	if !ok {
		return ""
	}
	if len(s) > maxText {
		s = s[:maxText]
	}
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\x00", ""))
}

// texts returns the non-empty texts of a list; a bare text counts as a list of one, which old agents send for gpus.
func texts(v any) []string {
	if s := text(v); s != "" {
		return []string{s}
	}
	list, ok := v.([]any)
	if !ok {
		return nil
	}
	out := make([]string, 0, min(len(list), maxItems))
	for _, item := range list {
		if s := text(item); s != "" {
			out = append(out, s)
		}
		if len(out) == maxItems {
			break
		}
	}
	return out
}
