package checks

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

var (
	hostLabel = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$`)
	topLabel  = regexp.MustCompile(`^(?:[a-z]{2,63}|xn--[a-z0-9-]{1,59})$`)
)

// ValidPingTarget says whether a ping check accepts the host: an IPv4 or IPv6 address, with an optional prefix length or
// zone, or a domain name with at least one dot (rest-2.md §3.4).
func ValidPingTarget(host string) bool {
	if host == "" || len(host) > 255 || !utf8.ValidString(host) {
		return false
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if _, err := netip.ParsePrefix(host); err == nil {
		return true
	}
	ascii, err := idna.Lookup.ToASCII(strings.ToLower(host))
	if err != nil || len(ascii) > 253 {
		return false
	}
	labels := strings.Split(ascii, ".")
	if len(labels) < 2 || !topLabel.MatchString(labels[len(labels)-1]) {
		return false
	}
	for _, l := range labels {
		if !hostLabel.MatchString(l) {
			return false
		}
	}
	return true
}
