// Package scripts owns scripts and snippets: their storage, what is downloaded, and the code that is sent to agents with
// its snippets filled in (domain.md §1.8, §7). The catalogue of community scripts is not part of the product yet; rows of
// type builtin are protected all the same.
package scripts

import (
	"strings"
	"time"
)

// Shell is the interpreter a script is written for.
type Shell string

// The shells.
const (
	PowerShell Shell = "powershell"
	Cmd        Shell = "cmd"
	Python     Shell = "python"
	POSIXShell Shell = "shell"
	Nushell    Shell = "nushell"
	Deno       Shell = "deno"
)

// Extension returns the file name ending of a download (domain.md §7.1); unknown shells have none.
func (s Shell) Extension() string {
	switch s {
	case PowerShell:
		return ".ps1"
	case Cmd:
		return ".bat"
	case Python:
		return ".py"
	case POSIXShell:
		return ".sh"
	case Nushell:
		return ".nu"
	case Deno:
		return ".ts"
	default:
		return ""
	}
}

// Kind says where a script comes from.
type Kind string

// The kinds of script.
const (
	UserDefined Kind = "userdefined"
	Builtin     Kind = "builtin"
)

// Script is a stored script; the JSON form is the plain row that audit entries keep.
type Script struct {
	ID                 int32      `json:"id" db:"id"`
	CreatedBy          *string    `json:"created_by" db:"created_by"`
	CreatedTime        *time.Time `json:"created_time" db:"created_time"`
	ModifiedBy         *string    `json:"modified_by" db:"modified_by"`
	ModifiedTime       *time.Time `json:"modified_time" db:"modified_time"`
	GUID               *string    `json:"guid" db:"guid"`
	Name               string     `json:"name" db:"name"`
	Description        *string    `json:"description" db:"description"`
	Filename           *string    `json:"filename" db:"filename"`
	Shell              Shell      `json:"shell" db:"shell"`
	Kind               Kind       `json:"script_type" db:"script_type"`
	Args               []string   `json:"args" db:"args"`
	EnvVars            []string   `json:"env_vars" db:"env_vars"`
	Syntax             *string    `json:"syntax" db:"syntax"`
	Favorite           bool       `json:"favorite" db:"favorite"`
	Category           *string    `json:"category" db:"category"`
	Body               string     `json:"script_body" db:"script_body"`
	Hash               *string    `json:"script_hash" db:"script_hash"`
	DefaultTimeout     int32      `json:"default_timeout" db:"default_timeout"`
	Hidden             bool       `json:"hidden" db:"hidden"`
	SupportedPlatforms []string   `json:"supported_platforms" db:"supported_platforms"`
	RunAsUser          bool       `json:"run_as_user" db:"run_as_user"`
}

// New returns a script with the defaults of rest-2.md §5.1.
func New() Script {
	empty := ""
	return Script{
		Description: &empty, Shell: PowerShell, Kind: UserDefined, Args: []string{}, EnvVars: []string{},
		DefaultTimeout: 90, SupportedPlatforms: []string{},
	}
}

// Snippet is a named piece of code that scripts refer to as {{name}}.
type Snippet struct {
	ID    int32  `json:"id" db:"id"`
	Name  string `json:"name" db:"name"`
	Desc  string `json:"desc" db:"desc"`
	Code  string `json:"code" db:"code"`
	Shell Shell  `json:"shell" db:"shell"`
}

// FillSnippets replaces the snippet tag of each line: the span from the first "{{" to the last "}}" of the line, when its
// trimmed text is the name of a snippet; other tags stay as they are (rest-2.md §5.3). Code is inserted as it is, once and
// not recursively.
func FillSnippets(body string, code func(name string) (string, bool)) string {
	if !strings.Contains(body, "{{") {
		return body
	}
	lines := strings.SplitAfter(body, "\n")
	for i, line := range lines {
		start, end := tag(line)
		if start < 0 {
			continue
		}
		if text, ok := code(strings.TrimSpace(line[start+2 : end-2])); ok {
			lines[i] = line[:start] + text + line[end:]
		}
	}
	return strings.Join(lines, "")
}

// SnippetNames lists the tag texts of a body, so that only those snippets are read.
func SnippetNames(body string) []string {
	var names []string
	FillSnippets(body, func(name string) (string, bool) {
		names = append(names, name)
		return "", false
	})
	return names
}

func tag(line string) (start, end int) {
	start = strings.Index(line, "{{")
	if start < 0 {
		return -1, -1
	}
	end = strings.LastIndex(line, "}}")
	if end < start+2 {
		return -1, -1
	}
	return start, end + 2
}

// Prepared is a script as it is sent to agents: its snippets are filled in.
type Prepared struct {
	ID        int32
	Name      string
	Code      string
	Shell     Shell
	RunAsUser bool
	EnvVars   []string
	Hash      *string
}
