package actions

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

const (
	pingTries = 3
	pingWait  = 2 * time.Second
	pingPause = 500 * time.Millisecond
)

// Ping says whether the agent answers. A connected agent gets three tries; one that is away is known at once.
func (s *Service) Ping(ctx context.Context, ref agents.Ref) (bool, error) {
	for try := 1; ; try++ {
		start := s.Now()
		a, err := s.ask(ctx, ref, agentwire.Command{Func: agentwire.FuncPing}, pingWait)
		if err != nil {
			return false, err
		}
		if a.text() == "pong" {
			return true, nil
		}
		// Only a try that was waited for is worth repeating: without a listener or a bus the next one fares no better.
		if try == pingTries || s.Now().Sub(start) < pingWait/2 {
			return false, nil
		}
		pause := time.NewTimer(pingPause)
		select {
		case <-ctx.Done():
			pause.Stop()
			return false, fmt.Errorf("ping agent: %w", ctx.Err())
		case <-pause.C:
		}
	}
}

// Refresh makes the agent send its inventory anew.
func (s *Service) Refresh(ctx context.Context, ref agents.Ref) error {
	return s.askOK(ctx, ref, agentwire.Command{Func: agentwire.FuncSysInfo}, 20*time.Second)
}

// Reboot restarts the machine.
func (s *Service) Reboot(ctx context.Context, ref agents.Ref) error {
	return s.askOK(ctx, ref, agentwire.Command{Func: agentwire.FuncRebootNow}, 10*time.Second)
}

// Shutdown turns the machine off.
func (s *Service) Shutdown(ctx context.Context, ref agents.Ref) error {
	return s.askOK(ctx, ref, agentwire.Command{Func: agentwire.FuncShutdown}, 10*time.Second)
}

// Processes lists what runs on the machine.
func (s *Service) Processes(ctx context.Context, ref agents.Ref) ([]agentwire.Process, error) {
	a, err := s.ask(ctx, ref, agentwire.Command{Func: agentwire.FuncProcs}, 5*time.Second)
	if err != nil {
		return nil, err
	}
	var list []agentwire.Process
	if a.word != "" || a.reply.Decode(&list) != nil {
		return nil, fault.Refused(unable)
	}
	return list, nil
}

// KillProcess ends a process.
func (s *Service) KillProcess(ctx context.Context, ref agents.Ref, pid int32) error {
	a, err := s.ask(ctx, ref, agentwire.Command{Func: agentwire.FuncKillProc, ProcPID: pid}, 15*time.Second)
	switch {
	case err != nil:
		return err
	case a.word != "":
		return fault.Refused(unable)
	case a.text() != "ok":
		return fault.Refused(a.text())
	default:
		return nil
	}
}

// EventLog reads a Windows event log of the last days. Security takes the agent longer than the others.
func (s *Service) EventLog(ctx context.Context, ref agents.Ref, log string, days int32) ([]agentwire.EventLogEntry, error) {
	timeout := 30
	if log == "Security" {
		timeout = 180
	}
	cmd := agentwire.Command{Func: agentwire.FuncEventLog, Timeout: timeout,
		Payload: map[string]string{"logname": log, "days": strconv.Itoa(int(days))}}
	a, err := s.ask(ctx, ref, cmd, time.Duration(timeout+2)*time.Second)
	if err != nil {
		return nil, err
	}
	var list []agentwire.EventLogEntry
	if a.word != "" || a.reply.Decode(&list) != nil {
		return nil, fault.Refused(unable)
	}
	return list, nil
}

// RecoverMesh makes the agent restart the remote-desktop agent beside it, and returns what it answered.
func (s *Service) RecoverMesh(ctx context.Context, ref agents.Ref, wait time.Duration) (string, error) {
	cmd := agentwire.Command{Func: agentwire.FuncRecover, Payload: map[string]string{"mode": "mesh"}}
	a, err := s.ask(ctx, ref, cmd, wait)
	if err != nil {
		return "", err
	}
	return a.text(), nil
}
