//go:build embedspa

package main

import (
	"embed"
	"fmt"
	"io/fs"
)

//go:embed all:dist
var built embed.FS

// files are those of the web app this program was built with.
func files(string) (fs.FS, error) {
	dist, err := fs.Sub(built, "dist")
	if err != nil {
		return nil, fmt.Errorf("web app inside the program: %w", err)
	}
	return dist, nil
}
