// Package log builds the one kind of logger of the product: zap, JSON, one object a line on standard output, times in
// UTC. Secrets, tokens, script bodies and outputs never go into a log.
package log

import (
	"fmt"
	"io"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// Options say what a logger is for.
type Options struct {
	Service string
	Version string
	Level   string // debug, info, warn, error
	Output  io.Writer
}

// New builds a logger. It fails only on an unknown level.
func New(o Options) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(o.Level)
	if err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	enc := zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey: "time", LevelKey: "level", MessageKey: "msg", CallerKey: "caller", StacktraceKey: "stack",
		EncodeLevel: zapcore.LowercaseLevelEncoder, EncodeCaller: zapcore.ShortCallerEncoder, EncodeDuration: zapcore.MillisDurationEncoder,
		EncodeTime: func(t time.Time, e zapcore.PrimitiveArrayEncoder) {
			e.AppendString(t.UTC().Format("2006-01-02T15:04:05.000Z07:00"))
		},
	})
	core := zapcore.NewCore(enc, zapcore.Lock(zapcore.AddSync(o.Output)), level)
	logger := zap.New(core, zap.AddStacktrace(zapcore.DPanicLevel), zap.ErrorOutput(zapcore.Lock(zapcore.AddSync(o.Output))))
	return logger.With(zap.String(FieldService, o.Service), zap.String(FieldVersion, o.Version)), nil
}
