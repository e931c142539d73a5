package simulate

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestStatusIsALineForPeople(t *testing.T) {
	t.Parallel()
	s := status{Phase: "steady", Done: 10, PerSecond: 4, Failed: 1, Connected: 7, Elapsed: 2500 * time.Millisecond, Bound: time.Minute}
	require.Equal(t, "steady 2s of 1m0s: 10 done, 4 per s, 1 failed, 7 connected", s.String())
	s = status{Phase: "enrolling", Done: 10, Total: 20}
	require.Equal(t, "enrolling 0s: 10 of 20 done, 0 per s, 0 failed, 0 connected", s.String())
}

func TestStatusesOfProcessesAddUp(t *testing.T) {
	t.Parallel()
	require.Empty(t, together([]status{{}, {}}).Phase)
	sum := together([]status{
		{}, {Phase: "connecting", Done: 3, Total: 5, PerSecond: 2, Failed: 1, Connected: 3, Elapsed: time.Second},
		{Phase: "connecting", Done: 4, Total: 5, PerSecond: 1, Connected: 4, Elapsed: 2 * time.Second}, {Phase: "steady", Done: 100, Connected: 5},
	})
	require.Equal(t, status{Phase: "connecting", Done: 7, Total: 10, PerSecond: 3, Failed: 1, Connected: 12, Elapsed: 2 * time.Second}, sum)
}

func TestTerminalsGetOneLineAndFilesAFew(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	d := &display{out: &out, terminal: true, columns: func() int { return 20 }}
	now := time.Unix(0, 0)
	for i := range 30 {
		d.show(status{Phase: "steady", Done: int64(i)}, now.Add(time.Duration(i)*time.Second))
	}
	d.clear()
	require.NotContains(t, out.String(), "\n")
	for line := range strings.SplitSeq(strings.TrimSuffix(out.String(), "\r\033[K"), "\r\033[K") {
		require.Less(t, len(line), 20, "a line that wraps cannot be written over")
	}

	out.Reset()
	d = newDisplay(&out)
	for i := range 30 {
		phase := "connecting"
		if i >= 5 {
			phase = "steady"
		}
		d.show(status{Phase: phase, Done: int64(i)}, now.Add(time.Duration(i)*time.Second))
	}
	d.clear()
	require.NotContains(t, out.String(), "\033")
	var shown []string
	for line := range strings.Lines(out.String()) {
		shown = append(shown, strings.Fields(line)[0]+" "+strings.Fields(line)[2])
	}
	require.Equal(t, []string{"connecting 0", "steady 5", "steady 15", "steady 25"}, shown, "one for each phase, and one every ten seconds")
}

func TestProcessesAreHeard(t *testing.T) {
	t.Parallel()
	var got []status
	h := &heard{status: func(s status) { got = append(got, s) }}
	for _, text := range []string{`{"phase":"ste`, `ady","done":3}` + "\n", "panic: x\nno", "thing"} {
		_, err := fmt.Fprint(h, text)
		require.NoError(t, err)
	}
	require.Equal(t, []status{{Phase: "steady", Done: 3}}, got)
	require.Equal(t, "panic: x nothing", h.last())
}
