package tasks

import (
	"fmt"
	"strings"
	"time"
)

// lastDay is the bit of monthly_days_of_month that stands for the last day of a month.
const lastDay = 0x80000000

// Schedule returns the schedule as lists show it, or nil for types without a text (rest-2.md §2.5). Times are the stored
// wall-clock values.
func (d *Definition) Schedule() *string {
	var text string
	switch d.TaskType {
	case Manual:
		text = "Manual"
	case CheckFailure:
		text = "Every time check fails"
	case Onboarding:
		text = "Onboarding: Runs once on task creation."
	case RunOnce:
		text = "Run once on " + d.at("01/02/2006 03:04PM")
	case Daily:
		text = "Daily at " + d.at("03:04PM")
		if n := valueOf(d.DailyInterval); n != 1 {
			text = fmt.Sprintf("Every %d days at %s", n, d.at("03:04PM"))
		}
	case Weekly:
		text = weekdays(valueOf(d.RunTimeBitWeekdays)) + " at " + d.at("03:04PM")
		if valueOf(d.WeeklyInterval) == 1 {
			text += " every 1 weeks"
		}
	case Monthly:
		text = fmt.Sprintf("Runs on %s on days %s at %s", months(valueOf(d.MonthlyMonthsOfYear)),
			monthDays(valueOf(d.MonthlyDaysOfMonth)), d.at("03:04PM"))
	case MonthlyDOW:
		text = fmt.Sprintf("Runs on %s on %s on %s at %s", months(valueOf(d.MonthlyMonthsOfYear)),
			weeks(valueOf(d.MonthlyWeeksOfMonth)), weekdays(valueOf(d.RunTimeBitWeekdays)), d.at("03:04PM"))
	default:
		return nil
	}
	return &text
}

func (d *Definition) at(layout string) string {
	if d.RunTimeDate == nil {
		return ""
	}
	return d.RunTimeDate.UTC().Format(layout)
}

func weekdays(mask int32) string {
	if mask == 127 {
		return "Every day"
	}
	var names []string
	for d := time.Sunday; d <= time.Saturday; d++ {
		if mask&(1<<d) != 0 {
			names = append(names, d.String())
		}
	}
	return strings.Join(names, ", ")
}

func months(mask int32) string {
	if mask == 4095 {
		return "Every month"
	}
	var names []string
	for m := time.January; m <= time.December; m++ {
		if mask&(1<<(m-1)) != 0 {
			names = append(names, m.String())
		}
	}
	return strings.Join(names, ", ")
}

func weeks(mask int16) string {
	if mask == 31 {
		return "Every week"
	}
	var names []string
	for i, name := range []string{"First Week", "Second Week", "Third Week", "Fourth Week", "Last Week"} {
		if mask&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func monthDays(mask int64) string {
	switch mask {
	case lastDay:
		return "Last day"
	case 2147483647, 4294967295:
		return "Every day"
	}
	var names []string
	for day := range 31 {
		if mask&(1<<day) != 0 {
			names = append(names, fmt.Sprint(day+1))
		}
	}
	if mask&lastDay != 0 {
		names = append(names, "Last Day")
	}
	return strings.Join(names, ", ")
}

// valueOf reads an optional value, the zero value standing for null.
func valueOf[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
