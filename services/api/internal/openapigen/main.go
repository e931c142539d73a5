// Command openapigen writes the API description and the reference page of the operations to the files that are its
// arguments; `make gen-openapi` runs it.
package main

import (
	"bytes"
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
	if len(args) != 2 {
		return errors.New("usage: openapigen DESCRIPTION PAGE")
	}
	doc, err := app.OpenAPI()
	if err != nil {
		return err
	}
	a, err := app.Bare()
	if err != nil {
		return fmt.Errorf("list operations: %w", err)
	}
	var page bytes.Buffer
	writePage(&page, a.Router.Operations())
	for i, text := range [][]byte{doc, page.Bytes()} {
		if err := os.WriteFile(args[i], text, 0o644); err != nil { //nolint:gosec // source and pages for everybody
			return fmt.Errorf("write %s: %w", args[i], err)
		}
	}
	return nil
}
