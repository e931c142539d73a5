package bench

import "fmt"

// aim is what a row's median must reach.
type aim struct {
	text string
	met  func(median float64) bool
}

func below(limit float64, text string) aim {
	return aim{text: text, met: func(v float64) bool { return v < limit }}
}

func atMost(limit float64, text string) aim {
	return aim{text: text, met: func(v float64) bool { return v <= limit }}
}

func atLeast(limit float64, text string) aim {
	return aim{text: text, met: func(v float64) bool { return v >= limit }}
}

// Verdicts of a row.
const (
	Hit         = "hit"
	Missed      = "missed"
	NotMeasured = "not measured"
)

// judge says whether the row reached its aim: its median the figure, and most runs everything else that the aim names.
func (r *Result) judge(of aim, unmet int) {
	switch {
	case r.Problem != "" || len(r.Runs) == 0:
		r.Verdict = NotMeasured
	case of.met(r.Median) && 2*unmet < len(r.Runs):
		r.Verdict = Hit
	default:
		r.Verdict = Missed
	}
}

// unmet names a second figure of an aim when it is beyond its limit.
func unmet(what string, value, limit float64, unit string) string {
	if value < limit {
		return ""
	}
	return fmt.Sprintf("%s is %s %s", what, number(value), unit)
}
