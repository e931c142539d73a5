package accounts

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

// HashCommand is the argument with which a program becomes a hash process (see HashProcess).
const HashCommand = "hash-passwords"

// ServeHashes computes the hashes asked for on in, one after the other, until in ends. The service that asks ends it by closing the
// pipe; signals to the group of processes are left to that service.
func ServeHashes(in io.Reader, out io.Writer) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	if err := lowerPriority(); err != nil {
		return err
	}
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(25) // the memory of one hash, not of several, is kept
	return serveHashes(in, out)
}

func serveHashes(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, maxDerivation)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read password: %w", err)
		}
		answer, err := serveHash(line)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(answer, '\n')); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
}

func serveHash(line []byte) ([]byte, error) {
	var d derivation
	if err := json.Unmarshal(line, &d); err != nil {
		return nil, errors.New("read password: not a derivation") // the cause may quote it
	}
	if d.Cost.MemoryKiB > maxMemoryKiB || d.Cost.Passes < 1 || d.Cost.Passes > maxPasses || d.Cost.Lanes < 1 || d.Cost.Lanes > maxLanes || d.Bytes > 64 {
		return nil, errors.New("the cost of a hash is out of range")
	}
	before, err := processorTime()
	if err != nil {
		return nil, err
	}
	key := d.compute()
	after, err := processorTime()
	if err != nil {
		return nil, err
	}
	return json.Marshal(derived{Key: key, CPU: after - before})
}

func processorTime() (time.Duration, error) {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0, fmt.Errorf("read processor time: %w", err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano()), nil
}
