package urlactions

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"syscall"
)

// Guard says which addresses a web hook may reach. Whoever may write a hook could otherwise make the server talk to what
// only the server reaches: its own database, the metadata service of a cloud, the machines beside it.
type Guard struct {
	prefixes  []netip.Prefix
	addresses []netip.AddrPort
}

// NewGuard lets hooks reach public addresses and the allowed ones besides: networks (10.0.0.0/8) and single services
// (127.0.0.1:8080).
func NewGuard(allowed []string) (*Guard, error) {
	g := &Guard{}
	for _, text := range allowed {
		text = strings.TrimSpace(text)
		if p, err := netip.ParsePrefix(text); err == nil {
			g.prefixes = append(g.prefixes, p.Masked())
			continue
		}
		a, err := netip.ParseAddrPort(text)
		if err != nil {
			return nil, fmt.Errorf("%q is neither a network (10.0.0.0/8) nor an address with a port (127.0.0.1:8080)", text)
		}
		g.addresses = append(g.addresses, a)
	}
	return g, nil
}

// errBlocked is what the caller of a hook sees; the setting's name helps the operator.
var errBlocked = errors.New("the address is not allowed: it is not public, and the setting webhooks.allow does not name it")

// control is called by the dialler with the address that it is about to connect to, after names were looked up: what is
// checked is what is dialled, for the first request and for each redirect.
func (g *Guard) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("address of web hook: %w", err)
	}
	if !g.Allows(target) {
		return errBlocked
	}
	return nil
}

// Allows says whether a hook may reach the address.
func (g *Guard) Allows(target netip.AddrPort) bool {
	ip := target.Addr().Unmap().WithZone("")
	for _, p := range g.prefixes {
		if p.Contains(ip) {
			return true
		}
	}
	for _, a := range g.addresses {
		if a.Addr().Unmap() == ip && a.Port() == target.Port() {
			return true
		}
	}
	return public(ip)
}

// special are the networks that are not the public internet although the standard library's tests do not say so: shared
// and test ranges, and those that carry an address of the other family inside, which may be any.
func special() []netip.Prefix {
	out := []netip.Prefix{}
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
		"203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32",
		"2002::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

func public(ip netip.Addr) bool {
	if !ip.IsGlobalUnicast() || ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() {
		return false
	}
	for _, p := range special() {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// dialer connects through the guard.
func (g *Guard) dialer() *net.Dialer { return &net.Dialer{Timeout: callTimeout, Control: g.control} }
