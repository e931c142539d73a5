package queue

import (
	"fmt"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/platform/log"
)

// adapter takes the lines of asynq. While Redis is away each of its loops complains again and again: such a line only makes the
// probe look, which logs the loss once.
type adapter struct {
	logger  *zap.Logger
	limited *log.Limited
	doubt   func()
}

func newAdapter(logger *zap.Logger, doubt func()) *adapter {
	return &adapter{logger: logger, limited: log.NewLimited(logger, time.Minute, time.Now), doubt: doubt}
}

func (a *adapter) Debug(args ...any) { a.logger.Debug("queue reports", detail(args)) }
func (a *adapter) Info(args ...any)  { a.Debug(args...) }
func (a *adapter) Warn(args ...any)  { a.warn(args) }
func (a *adapter) Error(args ...any) { a.warn(args) }
func (a *adapter) Fatal(args ...any) { a.logger.Error("queue worker cannot go on", detail(args)) }

func (a *adapter) warn(args []any) {
	text := fmt.Sprint(args...)
	// "revoke" and "retry exhausted" follow a line that process has logged with more.
	if strings.HasPrefix(text, "Retry exhausted") || strings.HasPrefix(text, "revoke") {
		a.logger.Debug("queue reports", detail(args))
		return
	}
	if connectionTrouble(text) {
		a.doubt()
		a.logger.Debug("queue reports", detail(args))
		return
	}
	key, _, _ := strings.Cut(text, ":")
	a.limited.Warn(key, "queue worker reports trouble", detail(args))
}

// connectionTrouble says whether a line of asynq, which has only text left of the error, tells of a lost connection.
func connectionTrouble(text string) bool {
	for _, sign := range []string{"connection refused", "connection reset", "broken pipe", "i/o timeout", "EOF", "dial tcp", "dial unix",
		"no such host", "use of closed network connection", "connection pool timeout", "LOADING ", "context deadline exceeded", "client is closed"} {
		if strings.Contains(text, sign) {
			return true
		}
	}
	return false
}

func detail(args []any) zap.Field { return zap.String("message", fmt.Sprint(args...)) }
