package simulate

import (
	"maps"
	"slices"
)

// merge makes one report of those of several processes that ran at the same time. Numbers and rates add up. Of the upper
// percentiles the worst process's counts, so that the whole is never shown better than it was; p50 is the mean, weighted
// by the work done. What the services used is the same for all and taken from the first; what the simulators used adds up.
func merge(parts []*Report) *Report {
	whole := *parts[0]
	whole.Work, whole.Usage = nil, nil
	whole.Losses, whole.Counts, whole.Problems = nil, nil, nil
	whole.Agents, whole.Connected, whole.Offered = 0, 0, 0
	whole.Options.Workers, whole.Options.Parts = 0, len(parts)
	for _, p := range parts {
		whole.Options.Workers += p.Options.Workers
		whole.Agents += p.Agents
		whole.Connected += p.Connected
		whole.Offered += p.Offered
		whole.Seconds = max(whole.Seconds, p.Seconds)
		if p.Started.Before(whole.Started) {
			whole.Started = p.Started
		}
		for _, w := range p.Work {
			whole.Work = addWork(whole.Work, w)
		}
		for _, c := range p.Counts {
			whole.Counts = addCount(whole.Counts, c)
		}
		whole.Usage = addUsage(whole.Usage, p.Usage)
		if p.Losses != nil {
			whole.Losses = addLosses(whole.Losses, *p.Losses)
		}
		whole.Problems = append(whole.Problems, p.Problems...)
	}
	return &whole
}

func addWork(all []Work, w Work) []Work {
	for i := range all {
		a := &all[i]
		if a.Name != w.Name {
			continue
		}
		if sum := a.Done + w.Done; sum > 0 {
			a.P50 = (a.P50*float64(a.Done) + w.P50*float64(w.Done)) / float64(sum)
		}
		a.Done += w.Done
		a.Failed += w.Failed
		a.Rate += w.Rate
		a.P95, a.P99, a.Max = max(a.P95, w.P95), max(a.P99, w.P99), max(a.Max, w.Max)
		for class, n := range w.Errors {
			if a.Errors == nil {
				a.Errors = map[string]int64{}
			}
			a.Errors[class] += n
		}
		return all
	}
	w.Errors = maps.Clone(w.Errors)
	return append(all, w)
}

func addUsage(all, part []Usage) []Usage {
	if all == nil {
		return slices.Clone(part)
	}
	own := func(u Usage) bool { return u.Service == Self }
	at, from := slices.IndexFunc(all, own), slices.IndexFunc(part, own)
	if at >= 0 && from >= 0 {
		all[at].CPU += part[from].CPU
		all[at].Memory += part[from].Memory
		all[at].Peak += part[from].Peak
	}
	return all
}

func addCount(all []Count, c Count) []Count {
	for i := range all {
		if all[i].Name == c.Name {
			all[i].Acknowledged += c.Acknowledged
			all[i].Stored += c.Stored
			all[i].Lost += c.Lost
			return all
		}
	}
	return append(all, c)
}

func addLosses(sum *Losses, l Losses) *Losses {
	if sum == nil {
		return &l
	}
	sum.Acknowledged += l.Acknowledged
	sum.Stored += l.Stored
	sum.Lost += l.Lost
	sum.Doubled += l.Doubled
	sum.Unanswered += l.Unanswered
	sum.Missing = append(sum.Missing, l.Missing...)
	sum.SettledAfter = max(sum.SettledAfter, l.SettledAfter)
	return sum
}
