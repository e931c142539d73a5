package app

import (
	"fmt"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/services/api/internal/accountsapi"
	"github.com/gueencode/gueenrmm/services/api/internal/coreapi"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Bare assembles the api on nothing: enough to describe and to check its operations, not to serve them.
func Bare() (*App, error) {
	return New(Infrastructure{Log: zap.NewNop()}, Options{
		Hash:        accounts.HashCost{MemoryKiB: 64, Passes: 1, Lanes: 1, Concurrent: 1},
		Throttles:   accountsapi.DefaultThrottles(),
		Product:     coreapi.Product{Version: "1.5.1", WebTerminal: true, ServerScripts: true},
		Description: true, Beta: true,
	})
}

// OpenAPI returns the API description as YAML (proto/openapi/openapi.yaml).
func OpenAPI() ([]byte, error) {
	a, err := Bare()
	if err != nil {
		return nil, fmt.Errorf("describe api: %w", err)
	}
	return rest.YAML(a.Router.Document())
}
