package agents

import (
	"strconv"
	"strings"
)

// VersionAtLeast compares dotted versions by number: "2.10.0" is above "2.9.1". What follows a dash or plus is ignored; a
// part that is no number counts as 0, so that a nonsense version has no features.
func VersionAtLeast(version, least string) bool {
	a, b := versionParts(version), versionParts(least)
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return true
}

func versionParts(version string) [4]int {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "-")
	version, _, _ = strings.Cut(version, "+")
	var parts [4]int
	for i, text := range strings.SplitN(version, ".", len(parts)) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			n = 0
		}
		parts[i] = n
	}
	return parts
}
