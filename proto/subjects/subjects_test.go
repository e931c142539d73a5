package subjects_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/subjects"
)

const id = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"

func TestBuildersProduceTheContractsSubjects(t *testing.T) {
	t.Parallel()

	require.Equal(t, id, subjects.Agent(id))
	require.Equal(t, id+".cmdoutput.7", subjects.CommandOutput(id, "7"))
	require.Equal(t, id+".terminal.s-1", subjects.Terminal(id, "s-1"))
	require.Equal(t, id+".cmdoutput.>", subjects.AgentCommandOutput(id))
	require.Equal(t, id+".terminal.>", subjects.AgentTerminals(id))
	require.Equal(t, "results.check."+id, subjects.Result("check", id))
	require.Equal(t, "results.check.>", subjects.ResultsOf("check"))
	require.Equal(t, "facts.agent."+id+".presence", subjects.AgentFact(id, "presence"))
	require.Equal(t, "facts.agent."+id+".>", subjects.AgentFactsOf(id))
	require.Equal(t, "facts.agent.*.presence", subjects.AgentFactKind("presence"))
	require.Equal(t, "facts.enrolment.used", subjects.Fact("enrolment", "used"))
	require.Equal(t, "facts.enrolment.>", subjects.FactsOf("enrolment"))
}

func TestBuildersRefuseWhatIsNoToken(t *testing.T) {
	t.Parallel()

	for _, bad := range []string{"", "*", ">", "a.b", "a b", "a\n", "a\x00", "é", "$SYS", "a/b", strings.Repeat("a", 201)} {
		require.Empty(t, subjects.Agent(bad), "%q", bad)
		require.Empty(t, subjects.CommandOutput(id, bad), "%q", bad)
		require.Empty(t, subjects.CommandOutput(bad, "1"), "%q", bad)
		require.Empty(t, subjects.Terminal(id, bad), "%q", bad)
		require.Empty(t, subjects.Result(bad, id), "%q", bad)
		require.Empty(t, subjects.AgentFact(bad, "k"), "%q", bad)
		require.Empty(t, subjects.AgentFactKind(bad), "%q", bad)
		require.Empty(t, subjects.Fact(bad, "k"), "%q", bad)
		require.Empty(t, subjects.AgentTerminals(bad), "%q", bad)
	}
	require.Empty(t, subjects.Fact("agent", "k"), "facts about agents carry an agent id")
}

func TestParsersRefuseForeignShapes(t *testing.T) {
	t.Parallel()

	for _, s := range []string{"", ".", "a", "a.b", "a.cmdoutput", "a.cmdoutput.", "a.cmdoutput.b.c", ".cmdoutput.b", "a.terminal.*", strings.Repeat("a.", 600)} {
		_, _, ok := subjects.ParseCommandOutput(s)
		require.False(t, ok, "%q", s)
		_, _, ok = subjects.ParseTerminal(s)
		require.False(t, ok, "%q", s)
	}
	_, _, ok := subjects.ParseFact("facts.agent.x")
	require.False(t, ok)
	_, _, ok = subjects.ParseAgentFact("facts.site.a.b")
	require.False(t, ok)
	_, ok = subjects.ParseAgent("a.b")
	require.False(t, ok)
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{id, id + ".cmdoutput.1", id + ".terminal.1", "results.check." + id, "facts.agent." + id + ".presence", "facts.a.b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, ok := subjects.ParseAgent(s); ok {
			require.Equal(t, s, subjects.Agent(a))
		}
		if a, c, ok := subjects.ParseCommandOutput(s); ok {
			require.Equal(t, s, subjects.CommandOutput(a, c))
		}
		if a, c, ok := subjects.ParseTerminal(s); ok {
			require.Equal(t, s, subjects.Terminal(a, c))
		}
		if k, a, ok := subjects.ParseResult(s); ok {
			require.Equal(t, s, subjects.Result(k, a))
		}
		if a, k, ok := subjects.ParseAgentFact(s); ok {
			require.Equal(t, s, subjects.AgentFact(a, k))
		}
		if a, k, ok := subjects.ParseFact(s); ok {
			require.Equal(t, s, subjects.Fact(a, k))
		}
	})
}
