// Package installers makes what brings an agent onto a machine: command lines and scripts with the address, site and token
// filled in (rest-1.md §5.6, agent-protocol.md §6.2), and the agent binaries themselves.
package installers

import (
	"bytes"
	"embed"
	"fmt"
	"strings"
	"text/template"
)

// Version is the agent version that installers name their files after and the version that updates bring.
const Version = "2.11.0"

// Install is what an installer fills in.
type Install struct {
	API              string // base address with scheme
	ClientID, SiteID int32
	AgentType        string // server, workstation
	Token            string
	Plat, Goarch     string
	URL              string // of the agent binary
	SHA256           string // of the agent binary, hex; empty: not checked
	Power, RDP, Ping bool
	Insecure         bool // certificates are not verified
}

// FileName is the name under which installers store the agent.
func FileName(plat, goarch string) string {
	name := fmt.Sprintf("tacticalagent-v%s-%s-%s", Version, plat, goarch)
	if plat == "windows" {
		name += ".exe"
	}
	return name
}

// flags are the arguments of the agent's own install mode, in the contract's order.
func (i Install) flags(dash string) string {
	return fmt.Sprintf("%[1]sm install %[2]sapi %[3]s %[2]sclient-id %[4]d %[2]ssite-id %[5]d %[2]sagent-type %[6]s %[2]sauth %[7]s",
		"-", dash, i.API, i.ClientID, i.SiteID, i.AgentType, i.Token)
}

// Manual is the command line to paste, for Windows after the download of the package, and the address of the package.
func (i Install) Manual() string {
	cmd := FileName(i.Plat, i.Goarch) + ` /VERYSILENT /SUPPRESSMSGBOXES && ping 127.0.0.1 -n 7 && ` +
		`"C:\Program Files\TacticalAgent\tacticalrmm.exe" ` + i.flags("--")
	for _, flag := range []struct {
		on   bool
		text string
	}{{i.RDP, " --rdp"}, {i.Ping, " --ping"}, {i.Power, " --power"}, {i.Insecure, " --insecure"}} {
		if flag.on {
			cmd += flag.text
		}
	}
	return cmd
}

// Mac is the command line to paste on a Mac.
func (i Install) Mac() string {
	name := FileName(i.Plat, i.Goarch)
	cmd := fmt.Sprintf("curl -L -o %[1]s '%[2]s' && chmod +x %[1]s && sudo ./%[1]s %[3]s", name, i.URL, i.flags("--"))
	if i.Insecure {
		cmd += " --insecure"
	}
	return cmd
}

//go:embed scripts/*
var files embed.FS

// Linux is the installer of a Linux machine: a script for root and systemd that also uninstalls.
func (i Install) Linux() (string, error) { return i.render("scripts/linux.sh", shellQuote) }

// PowerShell is the installer of a Windows machine.
func (i Install) PowerShell() (string, error) {
	return i.render("scripts/windows.ps1", powerShellQuote)
}

// Uninstall is the script that an agent of the platform is sent when it is deleted (agent-protocol.md §6.4).
func Uninstall(plat string) (string, error) {
	switch plat {
	case "linux":
		return Install{}.Linux()
	case "darwin":
		return Install{}.render("scripts/mac-uninstall.sh", shellQuote)
	default:
		return "foo", nil // Windows agents look at nothing but that there is text
	}
}

func (i Install) render(name string, quote func(any) string) (string, error) {
	t, err := template.New("").Option("missingkey=error").Funcs(template.FuncMap{"q": quote}).ParseFS(files, name)
	if err != nil {
		return "", fmt.Errorf("read installer %s: %w", name, err)
	}
	var out bytes.Buffer
	data := struct {
		Install
		Installer string
	}{i, FileName(i.Plat, i.Goarch)}
	if err := t.ExecuteTemplate(&out, name[strings.LastIndex(name, "/")+1:], data); err != nil {
		return "", fmt.Errorf("fill in installer %s: %w", name, err)
	}
	return out.String(), nil
}

// shellQuote makes one literal word of a value.
func shellQuote(v any) string {
	return "'" + strings.ReplaceAll(fmt.Sprint(v), "'", `'\''`) + "'"
}

func powerShellQuote(v any) string {
	return "'" + strings.ReplaceAll(fmt.Sprint(v), "'", "''") + "'"
}
