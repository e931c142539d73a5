// Package host says how full the machine's disk and memory are.
package host

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// percent is used of total, rounded to whole percent.
func percent(used, total uint64) int {
	if total == 0 {
		return 0
	}
	return int((used*200 + total) / (2 * total))
}

// memory reads the share of memory in use from the text of /proc/meminfo. What the kernel would give back to programs
// counts as free.
func memory(meminfo []byte) (int, error) {
	values := map[string]uint64{}
	lines := bufio.NewScanner(bytes.NewReader(meminfo))
	for lines.Scan() {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		number, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
		if n, err := strconv.ParseUint(number, 10, 64); err == nil {
			values[name] = n
		}
	}
	if err := lines.Err(); err != nil {
		return 0, fmt.Errorf("read memory: %w", err)
	}
	total, available := values["MemTotal"], values["MemAvailable"]
	if total == 0 || available > total {
		return 0, errors.New("read memory: no total or available memory")
	}
	return percent(total-available, total), nil
}
