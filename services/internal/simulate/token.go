package simulate

import (
	"errors"
	"strings"
)

// tokenOf takes the installer token out of an install command (rest-1.md §5.6).
func tokenOf(command string) (string, error) {
	words := strings.Fields(command)
	for i, w := range words {
		if w == "--auth" && i+1 < len(words) {
			return words[i+1], nil
		}
	}
	return "", errors.New("the install command has no token")
}
