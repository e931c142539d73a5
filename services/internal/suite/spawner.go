package suite

import (
	"os/exec"
	"runtime"
)

// spawner starts all processes from one operating-system thread. The kernel ends a child when the thread that made it
// ends, which is how a runner that is killed leaves nothing behind; the thread must therefore live as long as the suite.
type spawner struct {
	requests chan spawnRequest
	done     chan struct{}
}

type spawnRequest struct {
	cmd    *exec.Cmd
	answer chan error
}

func newSpawner() *spawner {
	s := &spawner{requests: make(chan spawnRequest), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		for r := range s.requests {
			r.answer <- r.cmd.Start()
		}
	}()
	return s
}

func (s *spawner) start(cmd *exec.Cmd) error {
	answer := make(chan error, 1)
	s.requests <- spawnRequest{cmd: cmd, answer: answer}
	return <-answer
}

// close ends the thread; all processes must have ended.
func (s *spawner) close() {
	close(s.requests)
	<-s.done
}
