// Package leaktest fails a package's tests when goroutines are left over that do not end. goleak itself waits less than half a second
// for those that are about to end, which on a busy machine is none of their fault.
package leaktest

import (
	"time"

	"go.uber.org/goleak"
)

// patience is how long goroutines may take to end after the last test.
const patience = 30 * time.Second

// Main is for TestMain: it runs the tests and ends the program.
func Main(m goleak.TestingM, options ...goleak.Option) {
	goleak.VerifyTestMain(patient{m: m, options: options}, options...)
}

// patient is done when the tests are and no goroutine is left over, or is not going to end.
type patient struct {
	m       goleak.TestingM
	options []goleak.Option
}

func (p patient) Run() int {
	code := p.m.Run()
	// Each look waits by itself, so that this does not spin.
	for deadline := time.Now().Add(patience); code == 0 && time.Now().Before(deadline); {
		if goleak.Find(p.options...) == nil {
			break
		}
	}
	return code
}
