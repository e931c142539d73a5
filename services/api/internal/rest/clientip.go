package rest

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// clientIP finds the address of the caller (rest-1.md §1.10). Forwarding headers count only from trusted peers, and a
// chain is read from its near end, so that a caller cannot put an address of his choice in front of it.
type clientIP struct{ trusted []netip.Prefix }

// forwardHeaders in the order in which they count.
func forwardHeaders() []string {
	return []string{
		"X-Forwarded-For", "Client-Ip", "X-Real-Ip", "X-Forwarded", "X-Cluster-Client-Ip", "Forwarded-For", "Forwarded", "Cf-Connecting-Ip",
	}
}

// DefaultTrustedProxies are the loopback networks. Whoever is in a trusted network can choose the address that throttles and audit
// rows use, so private networks, where callers are as well, are none of them.
func DefaultTrustedProxies() []netip.Prefix {
	return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
}

func newClientIP(trusted []netip.Prefix) *clientIP {
	if trusted == nil {
		trusted = DefaultTrustedProxies()
	}
	return &clientIP{trusted: trusted}
}

func (c *clientIP) trusts(a netip.Addr) bool {
	return slices.ContainsFunc(c.trusted, func(p netip.Prefix) bool { return p.Contains(a) })
}

// of returns the caller's address, or "" when there is none.
func (c *clientIP) of(req *http.Request) string {
	peer, ok := parseAddress(req.RemoteAddr)
	if !ok {
		return ""
	}
	if !c.trusts(peer) {
		return peer.String()
	}
	for _, name := range forwardHeaders() {
		if a, ok := c.fromChain(strings.Join(req.Header.Values(name), ",")); ok {
			return a.String()
		}
	}
	return peer.String()
}

// fromChain takes the nearest address that is no proxy of ours, or the farthest when all are.
func (c *clientIP) fromChain(header string) (netip.Addr, bool) {
	if header == "" {
		return netip.Addr{}, false
	}
	var farthest netip.Addr
	parts := strings.Split(header, ",")
	for _, part := range slices.Backward(parts) {
		a, ok := parseAddress(forwardedFor(part))
		if !ok {
			break
		}
		farthest = a
		if !c.trusts(a) {
			return a, true
		}
	}
	return farthest, farthest.IsValid()
}

// forwardedFor takes the address out of one element of a Forwarded header; other headers hold bare addresses.
func forwardedFor(element string) string {
	element = strings.TrimSpace(element)
	for _, pair := range strings.Split(element, ";") {
		if name, v, ok := strings.Cut(strings.TrimSpace(pair), "="); ok && strings.EqualFold(name, "for") {
			return strings.Trim(v, `"`)
		}
	}
	return element
}

func parseAddress(text string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	a, err := netip.ParseAddr(strings.Trim(text, "[]"))
	if err != nil {
		return netip.Addr{}, false
	}
	return a.Unmap().WithZone(""), true
}
