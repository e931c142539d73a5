//go:build !embedspa

package main

import (
	"io/fs"
	"os"
)

// files are those of the built web app in a directory. It may be built or replaced while the service runs.
func files(dir string) (fs.FS, error) { return os.DirFS(dir), nil }
