package service

import "runtime/debug"

// version is set by the linker: -X github.com/gueencode/gueenrmm/pkg/platform/service.version=1.2.3.
var version = "0.1.0-dev"

// Version returns the version of the product.
func Version() string { return version }

// Commit returns the revision the program was built from, or "unknown".
func Commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "unknown"
}
