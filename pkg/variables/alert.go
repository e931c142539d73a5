package variables

import "strings"

// ForAlert returns what the placeholders of an alert's actions can reach: the alert with its own values, and as attributes
// the agent, site and client that of belongs to, if there are any. The alert's object is not changed.
func ForAlert(alert *Object, of *Data) *Data {
	self := &Object{Display: alert.Display, Attributes: make(map[string]any, len(alert.Attributes)+3)}
	for name, v := range alert.Attributes {
		self.Attributes[name] = v
	}
	d := &Data{Kind: Alert, Self: self}
	if of == nil {
		return d
	}
	d.Globals, d.Fields = of.Globals, of.Fields
	if of.Self == nil {
		return d
	}
	self.Attributes[string(of.Kind)] = of.Self
	for _, root := range []Root{Site, Client} {
		if place, ok := of.Self.Attributes[string(root)].(*Object); ok {
			self.Attributes[string(root)] = place
		}
	}
	return d
}

// AlertArgs fills the arguments of an alert's action: every placeholder, several in an item too, becomes its text in single
// quotes, and one without a value stays (domain.md §7.7). The normal rules follow only for items in which nothing was
// replaced: texts of alerts come from machines, and placeholders in them must not be filled.
func (d *Data) AlertArgs(shell string, args []string) Filled {
	out := Filled{Items: make([]string, 0, len(args))}
	for _, arg := range args {
		before := len(out.Missing)
		if item, replaced := d.quote(arg, &out); replaced {
			out.Items = append(out.Items, item)
			continue
		}
		out.Missing = out.Missing[:before] // Args notes them
		d.arg(shell, arg, &out)
	}
	return out
}

// AlertEnv fills the environment variables of an alert's action as AlertArgs fills arguments. A variable with a placeholder
// that has no value is dropped, as in Env.
func (d *Data) AlertEnv(shell string, env []string) Filled {
	out := Filled{Items: make([]string, 0, len(env))}
	for _, entry := range env {
		before := len(out.Missing)
		item, replaced := d.quote(entry, &out)
		switch {
		case !strings.Contains(entry, "="), replaced && len(out.Missing) > before:
		case replaced:
			out.Items = append(out.Items, item)
		default:
			out.Missing = out.Missing[:before] // Env notes them
			d.variable(shell, entry, &out)
		}
	}
	return out
}

// quote replaces all placeholders of an item that have a value.
func (d *Data) quote(item string, out *Filled) (filled string, replaced bool) {
	if len(item) > MaxItemBytes {
		return item, false
	}
	var b strings.Builder
	last := 0
	for p := range placeholders(item) {
		v, ok := d.Lookup(p.path)
		if !ok || !out.afford(v) {
			out.miss(p.path)
			continue
		}
		b.WriteString(item[last:p.start])
		b.WriteString("'" + plain(v) + "'")
		last, replaced = p.end, true
		if b.Len() > MaxItemBytes {
			return item, false
		}
	}
	b.WriteString(item[last:])
	if !replaced || b.Len() > MaxItemBytes {
		return item, false
	}
	return b.String(), true
}
