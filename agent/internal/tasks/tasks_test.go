package tasks_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/agent/internal/leaktest"
	"github.com/gueencode/gueenrmm/agent/internal/script"
	"github.com/gueencode/gueenrmm/agent/internal/tasks"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

const id = "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGhIjKlMn"

type fake struct {
	task   agentwire.TaskRun
	err    error
	path   string
	result *agentwire.TaskResult
}

func (f *fake) Task(context.Context, int) (agentwire.TaskRun, error) { return f.task, f.err }
func (f *fake) Submit(_, path string, body any) error {
	r, ok := body.(agentwire.TaskResult)
	if !ok {
		return errors.New("wrong body")
	}
	f.path, f.result = path, &r
	return nil
}

func run(t *testing.T, continueOnError bool, actions ...agentwire.TaskAction) *fake {
	t.Helper()
	f := &fake{task: agentwire.TaskRun{ID: 9, ContinueOnError: continueOnError, Actions: actions}}
	require.NoError(t, tasks.New(id, f, f, script.NewRunner(t.TempDir()), zap.NewNop()).Run(t.Context(), 9))
	require.Equal(t, "/api/v3/9/"+id+"/taskrunner/", f.path)
	return f
}

func cmd(line string) agentwire.TaskAction {
	return agentwire.TaskAction{Type: "cmd", Command: line, Shell: "/bin/sh", Timeout: 120}
}

func TestOneActionIsReportedAsItIs(t *testing.T) {
	t.Parallel()

	f := run(t, false, cmd("echo a; echo b >&2; exit 4"))
	require.Equal(t, "a\n", f.result.Stdout)
	require.Equal(t, "b\n", f.result.Stderr)
	require.Equal(t, int64(4), f.result.RetCode)
	require.Positive(t, f.result.ExecutionTime)
}

func TestSeveralActionsAreSeparatedAndContinue(t *testing.T) {
	t.Parallel()

	f := run(t, true, cmd("echo a; exit 4"), agentwire.TaskAction{Type: "future"},
		agentwire.TaskAction{Type: "script", ScriptName: "Clean", Code: "#!/bin/sh\necho $1", ScriptArgs: []string{"x"}, Timeout: 120})
	require.Regexp(t, `^\n-{12}\nRunning Command: echo a; exit 4\. Execution Time: \d+\.\d{6}\n-{12}\n\na\n\n-{12}\nRunning Script: Clean\. Execution Time: \d+\.\d{6}\n-{12}\n\nx\n$`, f.result.Stdout)
	require.Zero(t, f.result.RetCode)
}

func TestAFailedActionEndsTheTask(t *testing.T) {
	t.Parallel()

	f := run(t, false, cmd("exit 4"), cmd("echo no"))
	require.NotContains(t, f.result.Stdout, "no\n")
	require.Equal(t, int64(4), f.result.RetCode)

	f = run(t, false, agentwire.TaskAction{Type: "script", Code: "#!/bin/sh\nexit 5", Timeout: 120}, cmd("echo yes"))
	require.Contains(t, f.result.Stdout, "yes\n", "a script that fails without a word does not stop the sequence")
}

func TestARefusedTaskPostsNothing(t *testing.T) {
	t.Parallel()

	f := &fake{err: errors.New("404")}
	require.Error(t, tasks.New(id, f, f, script.NewRunner(t.TempDir()), zap.NewNop()).Run(t.Context(), 9))
	require.Nil(t, f.result)
}
