package scripts_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/scripts"
)

func TestFillSnippets(t *testing.T) {
	t.Parallel()
	store := map[string]string{"kitsnip": `hello\nthere `, "a b": "AB", "self": "{{self}}"}
	code := func(name string) (string, bool) { c, ok := store[name]; return c, ok }
	cases := []struct{ body, want string }{
		{"  echo {{kitsnip}}\n", "  echo hello\\nthere \n"},
		{"{{ kitsnip }}\r\n{{unknown}}\n", "hello\\nthere \r\n{{unknown}}\n"},
		{"x {{a b}} y", "x AB y"},
		{"{{self}}", "{{self}}"},
		{"{{kitsnip}} and {{kitsnip}}", "{{kitsnip}} and {{kitsnip}}"},
		{"}}{{", "}}{{"},
		{"{{}", "{{}"},
		{"{{}}", "{{}}"},
		{"{{ kitsnip\n}}", "{{ kitsnip\n}}"},
		{"", ""},
	}
	for _, tc := range cases {
		require.Equal(t, tc.want, scripts.FillSnippets(tc.body, code), tc.body)
	}
	require.Equal(t, []string{"kitsnip", "b"}, scripts.SnippetNames("{{kitsnip}}\nx\n{{ b }}"))
}

func TestExtension(t *testing.T) {
	t.Parallel()
	for shell, want := range map[scripts.Shell]string{
		"powershell": ".ps1", "cmd": ".bat", "python": ".py", "shell": ".sh", "nushell": ".nu", "deno": ".ts", "fish": "",
	} {
		require.Equal(t, want, shell.Extension())
	}
}

func FuzzFillSnippets(f *testing.F) {
	f.Add("{{a}}")
	f.Add("{{{{}}}}\n}}{{")
	f.Fuzz(func(t *testing.T, body string) {
		none := scripts.FillSnippets(body, func(string) (string, bool) { return "", false })
		require.Equal(t, body, none)
		gone := scripts.FillSnippets(body, func(string) (string, bool) { return "", true })
		require.LessOrEqual(t, len(gone), len(body))
		require.Equal(t, strings.Count(body, "\n"), strings.Count(gone, "\n"))
	})
}
