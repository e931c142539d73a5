package inventory

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

const (
	gib           = 1 << 30
	remoteAdapter = "Microsoft Remote Display Adapter"
)

// instances are the objects of one WMI class: a list whose elements are lists of maps (agent-protocol.md §2.4).
type instances []instance

// instance is one WMI object; the properties of all its maps count.
type instance []map[string]any

func class(fields map[string]any, name string) instances {
	list, ok := fields[name].([]any)
	if !ok {
		return nil
	}
	out := make(instances, 0, min(len(list), maxItems))
	for _, item := range list {
		var one instance
		switch v := item.(type) {
		case []any:
			for _, part := range v {
				if m, ok := part.(map[string]any); ok {
					one = append(one, m)
				}
			}
		case map[string]any:
			one = instance{v}
		}
		out = append(out, one)
		if len(out) == maxItems {
			break
		}
	}
	return out
}

func (i instance) value(property string) any {
	for _, m := range i {
		if v, ok := m[property]; ok {
			return v
		}
	}
	return nil
}

func (i instance) text(property string) string { return text(i.value(property)) }

// number returns a property as a number; WMI numbers arrive as floats, big ones sometimes as text.
func (i instance) number(property string) (float64, bool) {
	switch v := i.value(property).(type) {
	case float64:
		return v, true
	case float32:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case int:
		return float64(v), true
	case string:
		f, err := strconv.ParseFloat(v, 64)
		return f, err == nil
	default:
		return 0, false
	}
}

// first returns the first object of a class, or none.
func (s instances) first() instance {
	if len(s) == 0 {
		return nil
	}
	return s[0]
}

func windows(fields map[string]any) Summary {
	s := Summary{
		CPUModel:      processors(class(fields, "cpu")),
		Graphics:      graphics(class(fields, "graphics")),
		LocalIPs:      addresses(class(fields, "network_config")),
		MakeModel:     makeModel(fields),
		PhysicalDisks: disks(class(fields, "disk")),
	}
	// The contract shows the serial number only when it stands in the first map of the first BIOS.
	if bios := class(fields, "bios").first(); len(bios) > 0 {
		s.SerialNumber = text(bios[0]["SerialNumber"])
	}
	s.orElse("unknown make/model")
	return s
}

func processors(cpus instances) []string {
	var out []string
	for _, cpu := range cpus {
		name := cpu.text("Name")
		if name == "" {
			continue
		}
		cores, haveCores := cpu.number("NumberOfCores")
		logical, haveLogical := cpu.number("NumberOfLogicalProcessors")
		if haveCores && haveLogical {
			name = fmt.Sprintf("%s, %.0fC/%.0fT", name, cores, logical)
		}
		out = append(out, name)
	}
	return out
}

func graphics(cards instances) string {
	var captions []string
	remote := false
	for _, card := range cards {
		caption := card.text("Caption")
		switch {
		case caption == "":
		case strings.Contains(strings.ToLower(caption), strings.ToLower(remoteAdapter)):
			remote = true
		default:
			captions = append(captions, caption)
		}
	}
	switch {
	case len(captions) > 0:
		return strings.Join(captions, ", ")
	case remote:
		return remoteAdapter
	default:
		return "Graphics info requires agent v1.4.14"
	}
}

func addresses(adapters instances) string {
	var out []string
	for _, adapter := range adapters {
		for _, candidate := range texts(adapter.value("IPAddress")) {
			if addr, err := netip.ParseAddr(candidate); err == nil && addr.Is4() {
				out = append(out, candidate)
			}
		}
	}
	return strings.Join(out[:min(len(out), maxItems)], ", ")
}

// makeModel joins vendor and model; boards that were never named ("to be filled by O.E.M.") and Lenovo, whose model is
// a type number, take their name from elsewhere (rest-1.md §2 AgentRow).
func makeModel(fields map[string]any) string {
	product := class(fields, "comp_sys_prod").first()
	system := class(fields, "comp_sys").first()
	vendor, model := product.text("Vendor"), system.text("Model")
	if unnamed(model) {
		board := class(fields, "base_board").first()
		vendor, model = board.text("Manufacturer"), board.text("Product")
	}
	if strings.EqualFold(vendor, "lenovo") {
		if family := system.text("SystemFamily"); family != "" && !unnamed(family) {
			model = family
		}
	}
	if vendor != "" && model != "" {
		return vendor + " " + model
	}
	return product.text("Version")
}

func unnamed(s string) bool { return strings.Contains(strings.ToLower(s), "to be filled") }

func disks(drives instances) []string {
	var out []string
	for _, drive := range drives {
		bus := drive.text("InterfaceType")
		caption := drive.text("Caption")
		if bus == "USB" || caption == "" {
			continue
		}
		size, _ := drive.number("Size")
		out = append(out, fmt.Sprintf("%s %sGB %s", caption, thousands(size/gib), bus))
	}
	return out
}

// thousands prints a whole number with separators: 1,863.
func thousands(f float64) string {
	if math.IsNaN(f) || f < 0 || f > math.MaxInt32 {
		f = 0
	}
	digits := strconv.FormatInt(int64(math.RoundToEven(f)), 10)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
