package main

import (
	"time"

	"github.com/gueencode/gueenrmm/pkg/platform/config"
	"github.com/gueencode/gueenrmm/pkg/platform/service"
)

// settings are those of beat.
type settings struct {
	service.Base
	Database config.Database
	Lease    time.Duration `conf:"beat.lease" default:"15s" min:"1s" max:"10m" help:"How long a leader that gives no sign of life keeps the others from leading."`
}
