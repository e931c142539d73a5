package logsapi

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"time"
)

// table writes comma-separated values that stay text in a spreadsheet.
type table struct{ csv *csv.Writer }

func newTable(w io.Writer) table {
	t := table{csv.NewWriter(w)}
	t.csv.UseCRLF = true
	return t
}

// row writes one line.
func (t table) row(cells ...string) error {
	for i, cell := range cells {
		cells[i] = inert(cell)
	}
	if err := t.csv.Write(cells); err != nil {
		return fmt.Errorf("write row: %w", err)
	}
	return nil
}

// end flushes, unless an error came before.
func (t table) end(err error) error {
	if err != nil {
		return err
	}
	t.csv.Flush()
	return t.csv.Error()
}

// inert puts an apostrophe before what a spreadsheet would take for a formula: names and messages come from whoever chose
// them, and the reader opens the file with the rights of an administrator. Control characters go too: some programs drop them
// and then see the formula behind.
func inert(cell string) string {
	if cell == "" {
		return cell
	}
	switch cell[0] {
	case '=', '+', '-', '@', '\t', '\r', '\n', '|', '%':
		return "'" + cell
	}
	for _, wide := range []string{"＝", "＋", "－", "＠"} { // read as their narrow forms by some
		if len(cell) >= len(wide) && cell[:len(wide)] == wide {
			return "'" + cell
		}
	}
	if cell[0] < ' ' || cell[0] == ' ' || cell[0] == 0x7f {
		return "'" + cell
	}
	return cell
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
