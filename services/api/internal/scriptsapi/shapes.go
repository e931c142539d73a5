package scriptsapi

import (
	"time"

	"github.com/gueencode/gueenrmm/pkg/scripts"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

const (
	maxScript   = 8 << 20 // bytes
	testTimeout = 24*time.Hour + time.Minute
)

// ScriptRow is a script in the list: without its code.
type ScriptRow struct {
	ID                 int32        `json:"id"`
	Name               string       `json:"name"`
	Description        *string      `json:"description"`
	ScriptType         scripts.Kind `json:"script_type"`
	Shell              string       `json:"shell"`
	Args               []string     `json:"args" nullable:"true"`
	Category           *string      `json:"category"`
	Favorite           bool         `json:"favorite"`
	DefaultTimeout     int32        `json:"default_timeout"`
	Syntax             *string      `json:"syntax"`
	Filename           *string      `json:"filename"`
	Hidden             bool         `json:"hidden"`
	SupportedPlatforms []string     `json:"supported_platforms" nullable:"true"`
	RunAsUser          bool         `json:"run_as_user"`
	EnvVars            []string     `json:"env_vars" nullable:"true"`
}

func toRow(s *scripts.Script) ScriptRow {
	return ScriptRow{
		ID: s.ID, Name: s.Name, Description: s.Description, ScriptType: s.Kind, Shell: string(s.Shell), Args: s.Args,
		Category: s.Category, Favorite: s.Favorite, DefaultTimeout: s.DefaultTimeout, Syntax: s.Syntax, Filename: s.Filename,
		Hidden: s.Hidden, SupportedPlatforms: s.SupportedPlatforms, RunAsUser: s.RunAsUser, EnvVars: s.EnvVars,
	}
}

// Script is one script with its code.
type Script struct {
	ID                 int32    `json:"id"`
	Name               string   `json:"name"`
	Description        *string  `json:"description"`
	Shell              string   `json:"shell"`
	Args               []string `json:"args" nullable:"true"`
	Category           *string  `json:"category"`
	Favorite           bool     `json:"favorite"`
	ScriptBody         string   `json:"script_body"`
	ScriptHash         *string  `json:"script_hash"`
	DefaultTimeout     int32    `json:"default_timeout"`
	Syntax             *string  `json:"syntax"`
	Filename           *string  `json:"filename"`
	Hidden             bool     `json:"hidden"`
	SupportedPlatforms []string `json:"supported_platforms" nullable:"true"`
	RunAsUser          bool     `json:"run_as_user"`
	EnvVars            []string `json:"env_vars" nullable:"true"`
}

func toScript(s *scripts.Script) Script {
	return Script{
		ID: s.ID, Name: s.Name, Description: s.Description, Shell: string(s.Shell), Args: s.Args, Category: s.Category,
		Favorite: s.Favorite, ScriptBody: s.Body, ScriptHash: s.Hash, DefaultTimeout: s.DefaultTimeout, Syntax: s.Syntax,
		Filename: s.Filename, Hidden: s.Hidden, SupportedPlatforms: s.SupportedPlatforms, RunAsUser: s.RunAsUser, EnvVars: s.EnvVars,
	}
}

// input is a script as it is written. Nothing is required: a script without a name is stored with an empty one.
type input struct {
	Name               rest.Field[string]   `json:"name" rule:"max=255,pattern=name"`
	Description        rest.Field[string]   `json:"description" rule:"null,blank"`
	Shell              rest.Field[string]   `json:"shell" rule:"choices=powershell|cmd|python|shell|nushell|deno"`
	Args               rest.Field[[]string] `json:"args" rule:"null,item.blank"`
	Category           rest.Field[string]   `json:"category" rule:"null,blank,max=100,pattern=name"`
	Favorite           rest.Field[bool]     `json:"favorite"`
	ScriptBody         rest.Field[string]   `json:"script_body" rule:"blank,verbatim"`
	DefaultTimeout     rest.Field[int32]    `json:"default_timeout" rule:"min=0"`
	Syntax             rest.Field[string]   `json:"syntax" rule:"null,blank"`
	Filename           rest.Field[string]   `json:"filename" rule:"null,blank,max=255,pattern=name"`
	Hidden             rest.Field[bool]     `json:"hidden"`
	SupportedPlatforms rest.Field[[]string] `json:"supported_platforms" rule:"null,item.max=20"`
	RunAsUser          rest.Field[bool]     `json:"run_as_user"`
	EnvVars            rest.Field[[]string] `json:"env_vars" rule:"null,item.blank"`
}

// apply writes what was sent to the script.
func (in input) apply(s *scripts.Script) {
	in.Name.Apply(&s.Name)
	in.Description.ApplyNull(&s.Description)
	if in.Shell.Present() {
		s.Shell = scripts.Shell(in.Shell.Value)
	}
	applyList(in.Args, &s.Args)
	in.Category.ApplyNull(&s.Category)
	in.Favorite.Apply(&s.Favorite)
	in.ScriptBody.Apply(&s.Body)
	in.DefaultTimeout.Apply(&s.DefaultTimeout)
	in.Syntax.ApplyNull(&s.Syntax)
	in.Filename.ApplyNull(&s.Filename)
	in.Hidden.Apply(&s.Hidden)
	applyList(in.SupportedPlatforms, &s.SupportedPlatforms)
	in.RunAsUser.Apply(&s.RunAsUser)
	applyList(in.EnvVars, &s.EnvVars)
}

// applyList writes a list, or the null, when the key was sent.
func applyList(f rest.Field[[]string], dst *[]string) {
	switch {
	case f.Null:
		*dst = nil
	case f.Set && f.Value == nil:
		*dst = []string{}
	case f.Set:
		*dst = f.Value
	}
}

// ScriptDownload is a script as a file.
type ScriptDownload struct {
	Filename string `json:"filename"`
	Code     string `json:"code"`
}

// ScriptTestResult is the usual answer of an agent to a test.
type ScriptTestResult struct {
	Stdout        string  `json:"stdout"`
	Stderr        string  `json:"stderr"`
	Retcode       int64   `json:"retcode"`
	ExecutionTime float64 `json:"execution_time"`
}

type testInput struct {
	AgentID rest.AgentID `path:"agent_id"`
	Body    struct {
		Code      rest.Field[string]   `json:"code" rule:"required,blank,verbatim"`
		Timeout   rest.Field[int32]    `json:"timeout" rule:"required,min=1"`
		Args      rest.Field[[]string] `json:"args" rule:"required,item.blank"`
		Shell     rest.Field[string]   `json:"shell" rule:"required,max=255"`
		RunAsUser rest.Field[bool]     `json:"run_as_user" rule:"required"`
		EnvVars   rest.Field[[]string] `json:"env_vars" rule:"required,item.blank"`
	}
}

// ScriptSnippet is a snippet.
type ScriptSnippet struct {
	ID    int32  `json:"id"`
	Name  string `json:"name"`
	Desc  string `json:"desc"`
	Code  string `json:"code"`
	Shell string `json:"shell"`
}

func toSnippet(n *scripts.Snippet) ScriptSnippet {
	return ScriptSnippet{ID: n.ID, Name: n.Name, Desc: n.Desc, Code: n.Code, Shell: string(n.Shell)}
}

type snippetInput struct {
	Name  rest.Field[string] `json:"name" rule:"required,max=40,pattern=name"`
	Desc  rest.Field[string] `json:"desc" rule:"blank,max=50"`
	Code  rest.Field[string] `json:"code" rule:"verbatim"`
	Shell rest.Field[string] `json:"shell" rule:"choices=powershell|cmd|python|shell|nushell|deno"`
}

func (in snippetInput) apply(n *scripts.Snippet) {
	in.Name.Apply(&n.Name)
	in.Desc.Apply(&n.Desc)
	in.Code.Apply(&n.Code)
	if in.Shell.Present() {
		n.Shell = scripts.Shell(in.Shell.Value)
	}
}
