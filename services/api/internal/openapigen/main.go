// Command openapigen writes the API description to the file that is its argument; `make gen-openapi` runs it.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/gueencode/gueenrmm/services/api/internal/app"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: openapigen FILE")
	}
	doc, err := app.OpenAPI()
	if err != nil {
		return err
	}
	if err := os.WriteFile(args[0], doc, 0o644); err != nil { //nolint:gosec // part of the source
		return fmt.Errorf("write API description: %w", err)
	}
	return nil
}
