// Package version compares dotted versions: of agents, of installers and of the product's releases.
package version

import (
	"slices"
	"strconv"
	"strings"
)

// AtLeast compares by number: "2.10.0" is above "2.9.1". What follows a dash or plus is ignored; a part that is no number counts
// as 0, so that a nonsense version has no features.
func AtLeast(version, least string) bool {
	a, _ := parse(version)
	b, _ := parse(least)
	return compare(a, b) >= 0
}

// Newer says whether a comes after b. A version with an addition (0.2.0-rc1) comes before the one without.
func Newer(a, b string) bool {
	x, xAddition := parse(a)
	y, yAddition := parse(b)
	order := compare(x, y)
	return order > 0 || order == 0 && xAddition == "" && yAddition != ""
}

type numbers [4]int

func compare(a, b numbers) int { return slices.Compare(a[:], b[:]) }

// parse reads the numbers and what follows them after a dash.
func parse(version string) (n numbers, addition string) {
	version, _, _ = strings.Cut(strings.TrimPrefix(version, "v"), "+")
	version, addition, _ = strings.Cut(version, "-")
	for i, text := range strings.SplitN(version, ".", len(n)) {
		if part, err := strconv.Atoi(text); err == nil && part > 0 {
			n[i] = part
		}
	}
	return n, addition
}
