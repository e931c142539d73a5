package accounts

import (
	"io"
	"time"
)

// Hurried is the argument with which the test program becomes a hash process that does not give way: on a machine with enough to do,
// one that gives way may never get a processor.
const Hurried = "hash-passwords-hurried"

// ServeHashesHurried is ServeHashes without giving way.
func ServeHashesHurried(in io.Reader, out io.Writer) error { return serveHashes(in, out) }

// Wait makes the service wait for its processes as long as they need.
func (p *HashProcess) Wait() { p.within = time.Hour }
