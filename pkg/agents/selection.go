package agents

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
)

// selection collects conditions over s (agent_search), f (agent_facets), p (agent_presence) and c (agent_check_counts), and
// binds their arguments. Argument $1 is the moment. The conditions of walk are on the table whose index is walked, those of
// text on the haystack, those of filters on anything else.
type selection struct {
	args                []any
	walk, text, filters []string
	placed              string // the table that knows client and site: s when names are needed anyway, else f
}

func newSelection(now time.Time, f Filter, named bool) *selection {
	q := &selection{args: []any{now}, placed: "f"}
	if named || len(words(f.Query)) > 0 {
		q.placed = "s"
	}
	return q
}

func (q *selection) bind(v any) string {
	q.args = append(q.args, v)
	return fmt.Sprintf("$%d", len(q.args))
}

func (q *selection) apply(scope access.Scope, f Filter) {
	place := func(condition string) { q.walk = append(q.walk, condition) }
	where := func(condition string) { q.filters = append(q.filters, condition) }
	if !scope.All {
		clients, sites := q.bind(orEmpty(scope.Clients)), q.bind(orEmpty(scope.Sites))
		place("(" + q.placed + ".client_id = ANY (" + clients + ") OR " + q.placed + ".site_id = ANY (" + sites + "))")
	}
	for _, word := range words(f.Query) {
		q.text = append(q.text, "s.haystack LIKE "+q.bind("%"+escapeLike(word)+"%"))
	}
	if f.ClientID != 0 {
		place(q.placed + ".client_id = " + q.bind(f.ClientID))
	}
	if f.SiteID != 0 {
		place(q.placed + ".site_id = " + q.bind(f.SiteID))
	}
	if len(f.Plat) > 0 {
		where("f.plat = ANY (" + q.bind(f.Plat) + ")")
	}
	if f.MonitoringType != "" {
		where("f.monitoring_type = " + q.bind(f.MonitoringType))
	}
	if f.NeedsReboot != nil {
		where(flag("f.needs_reboot", *f.NeedsReboot))
	}
	if f.Maintenance != nil {
		where(flag("f.maintenance_mode", *f.Maintenance))
	}
	if len(f.Status) > 0 {
		ranks := make([]int32, 0, len(f.Status))
		for _, status := range f.Status {
			ranks = append(ranks, map[Status]int32{Online: 0, Offline: 1, Overdue: 2}[status])
		}
		where(statusRank + " = ANY (" + q.bind(ranks) + ")")
	}
	if len(f.Health) > 0 {
		where(healthCondition(f.Health))
	}
}

// flag writes a boolean so that partial indexes match it.
func flag(column string, on bool) string {
	if on {
		return column
	}
	return "NOT " + column
}

func healthCondition(wanted []Health) string {
	var any []string
	for _, h := range wanted {
		switch h {
		case Failing:
			any = append(any, "c.failing > 0")
		case Warning:
			any = append(any, "(c.failing = 0 AND c.warning > 0)")
		case Passing:
			any = append(any, "(c.failing = 0 AND c.warning = 0)")
		}
	}
	return "(" + strings.Join(any, " OR ") + ")"
}

func words(query string) []string {
	if len(query) > maxQuery {
		query = strings.ToValidUTF8(query[:maxQuery], "")
	}
	list := strings.Fields(strings.ToLower(strings.ReplaceAll(query, "\x00", "")))
	return list[:min(len(list), maxWords)]
}

func escapeLike(word string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(word)
}

// tables are the aliases in the order in which they may stand first, and what they are short for.
const (
	aliasSearch, aliasFacets     = "s", "f"
	aliasPresence, aliasCounters = "p", "c"
)

func tableOf(alias string) string {
	return map[string]string{
		aliasSearch: "agent_search", aliasFacets: "agent_facets", aliasPresence: "agent_presence", aliasCounters: "agent_check_counts",
	}[alias]
}

// from joins the tables that the conditions and the extra expressions mention, and no others: a filter on names reads
// agent_search alone, an order by time of the last message presence alone. The first one is replaced by source when that
// is given. It returns the expression of the agent's key, too.
func (q *selection) from(source string, extra ...string) (from, key string) {
	text := strings.Join(slices.Concat(q.walk, q.text, q.filters, extra), " ")
	for _, alias := range []string{aliasSearch, aliasFacets, aliasPresence, aliasCounters} {
		if !mentions(text, alias) {
			continue
		}
		if from == "" {
			from, key = tableOf(alias)+" "+alias, alias+".agent_id"
			if source != "" {
				from = source + " " + alias
			}
			continue
		}
		from += " JOIN " + tableOf(alias) + " " + alias + " ON " + alias + ".agent_id = " + key
	}
	if from == "" {
		return tableOf(aliasFacets) + " " + aliasFacets, aliasFacets + ".agent_id"
	}
	return from, key
}

// mentions says whether an expression uses a column of the alias. Our expressions have no other words that end in it.
func mentions(text, alias string) bool {
	for rest := text; ; {
		i := strings.Index(rest, alias+".")
		if i < 0 {
			return false
		}
		if i == 0 || !isLetter(rest[i-1]) && rest[i-1] != '_' {
			return true
		}
		rest = rest[i+2:]
	}
}

// condition joins all conditions. The moment is always mentioned, so that its type is known.
func (q *selection) condition(lists ...[]string) string {
	return strings.Join(append(slices.Concat(lists...), "$1::timestamptz IS NOT NULL"), " AND ")
}
