package agents_test

import (
	"context"
	"crypto/sha512"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/fault"
)

const someID = "AAAABBBBCCCCDDDDEEEEFFFFGGGGHHHHIIIIJJJJ"

func TestEnrol(t *testing.T) {
	t.Parallel()
	b := setup(t)
	n := machine(someID, b.site1)
	n.MonitoringType = "workstation"
	got, err := b.service.Enrol(t.Context(), installer(), n)
	require.NoError(t, err)
	require.Regexp(t, `^[0-9a-f]{40}$`, got.Token)

	ref, err := b.service.Find(t.Context(), access.Everything(), someID)
	require.NoError(t, err)
	require.Equal(t, agents.Online, ref.Status)
	require.Equal(t, "0.1.0", ref.Version)
	detail, err := b.service.Detail(t.Context(), ref.PK)
	require.NoError(t, err)
	require.Len(t, detail.PatchPolicies, 1)
	require.Equal(t, []int32{5, 6}, detail.PatchPolicies[0].RunTimeDays)
	require.Equal(t, []string{"unknown cpu model"}, detail.Summary.CPUModel)

	var stored []byte
	require.NoError(t, b.pool.QueryRow(t.Context(), `SELECT token_hash FROM agent_tokens`).Scan(&stored))
	hash := agents.HashToken(got.Token)
	require.Equal(t, hash[:], stored, "only the hash is stored")
	var message string
	require.NoError(t, b.pool.QueryRow(t.Context(), `SELECT message FROM audit_log WHERE action = 'agent_install'`).Scan(&message))
	require.Equal(t, "installer installed new agent host-AAAA", message)
	require.Equal(t, []string{"facts.agent." + someID + ".enrolled"}, b.facts.list())
}

func TestEnrolRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, machine(someID, b.site1))
	const exists = "Agent already exists. Remove old agent first if trying to re-install"
	tests := map[string]struct {
		change func(*agents.NewAgent)
		want   string
	}{
		"duplicate":    {func(*agents.NewAgent) {}, exists},
		"unknown site": {func(n *agents.NewAgent) { n.AgentID, n.SiteID = strings.Repeat("z", 40), 9999 }, exists},
		"short id":     {func(n *agents.NewAgent) { n.AgentID = "short" }, "Invalid agent id"},
		"wildcard id":  {func(n *agents.NewAgent) { n.AgentID = strings.Repeat("a", 30) + ".>" }, "Invalid agent id"},
		"no host":      {func(n *agents.NewAgent) { n.Hostname = " " }, "Invalid data"},
		"platform":     {func(n *agents.NewAgent) { n.Plat = "plan9" }, "Invalid data"},
		"architecture": {func(n *agents.NewAgent) { n.Goarch = "z80" }, "Invalid data"},
		"kind":         {func(n *agents.NewAgent) { n.MonitoringType = "toaster" }, "Invalid data"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			n := machine(someID, b.site1)
			tt.change(&n)
			_, err := b.service.Enrol(t.Context(), installer(), n)
			require.Equal(t, fault.KindRefused, fault.KindOf(err))
			require.ErrorContains(t, err, tt.want)
		})
	}
	stranger := &access.Principal{Kind: access.Session, Username: "u", Permissions: map[access.Permission]bool{access.InstallAgents: true},
		Scope: access.Scope{Sites: []int32{b.site3}}}
	_, err := b.service.Enrol(t.Context(), stranger, machine(strings.Repeat("y", 40), b.site1))
	require.Equal(t, fault.KindForbidden, fault.KindOf(err))
	var n int
	require.NoError(t, b.pool.QueryRow(t.Context(), `SELECT count(*) FROM agents`).Scan(&n))
	require.Equal(t, 1, n, "a refused registration leaves nothing")
}

// minter issues fixed tokens in the place of accounts.
type minter struct {
	token string
	site  *int32
}

func (m *minter) MintInstaller(_ context.Context, _ pgx.Tx, site *int32, _ time.Time) (token, digest string, err error) {
	m.site = site
	sum := sha512.Sum512([]byte(m.token))
	return m.token, hex.EncodeToString(sum[:]), nil
}

func TestATokenOfASiteEnrolsOnlyThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	holder := installer()
	holder.InstallSite = &b.site1
	_, err := b.service.Enrol(t.Context(), holder, machine(someID, b.site2))
	require.Equal(t, fault.KindForbidden, fault.KindOf(err))
	_, err = b.service.Enrol(t.Context(), holder, machine(someID, b.site1))
	require.NoError(t, err)
}

func TestEnrolmentBindsItsToken(t *testing.T) {
	t.Parallel()
	b := setup(t)
	want := agents.NewEnrolment{ClientID: b.client1, SiteID: b.site1, MonitoringType: "server", Plat: agents.Linux, Goarch: "amd64", Life: time.Hour}
	tokens := &minter{token: "secret"}
	e, err := b.service.CreateEnrolment(t.Context(), admin(), tokens, want)
	require.NoError(t, err)
	require.Equal(t, "secret", e.Token)
	sum := sha512.Sum512([]byte("secret"))
	holder := installer()
	holder.SessionDigest, holder.InstallSite = hex.EncodeToString(sum[:]), tokens.site

	_, err = b.service.Enrol(t.Context(), holder, machine(someID, b.site2))
	require.Equal(t, fault.KindForbidden, fault.KindOf(err), "another site than the enrolment's")
	workstation := machine(someID, b.site1)
	workstation.MonitoringType = "workstation"
	_, err = b.service.Enrol(t.Context(), holder, workstation)
	require.Equal(t, fault.KindForbidden, fault.KindOf(err), "another kind than the enrolment's")
	_, err = b.service.Enrol(t.Context(), holder, machine(someID, b.site1))
	require.NoError(t, err)
	_, arrivals, err := b.service.Enrolment(t.Context(), access.Everything(), e.ID)
	require.NoError(t, err)
	require.Len(t, arrivals, 1)
	require.Equal(t, someID, arrivals[0].AgentID)

	_, err = b.service.EnrolmentByToken(t.Context(), e.ID, sum[:])
	require.NoError(t, err)
	_, err = b.service.EnrolmentByToken(t.Context(), e.ID, []byte("wrong"))
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))
	_, _, err = b.service.Enrolment(t.Context(), access.Scope{Sites: []int32{b.site3}}, e.ID)
	require.Equal(t, fault.KindNotFound, fault.KindOf(err))

	for name, change := range map[string]func(*agents.NewEnrolment){
		"life":       func(n *agents.NewEnrolment) { n.Life = 0 },
		"too long":   func(n *agents.NewEnrolment) { n.Life = 31 * 24 * time.Hour },
		"wrong pair": func(n *agents.NewEnrolment) { n.ClientID = b.client2 },
	} {
		bad := want
		change(&bad)
		_, err := b.service.CreateEnrolment(t.Context(), admin(), &minter{token: name}, bad)
		require.Equal(t, fault.KindInvalid, fault.KindOf(err), name)
	}
}

func BenchmarkEnrol(b *testing.B) {
	for _, size := range []int{10, 10_000} {
		b.Run(map[int]string{10: "fleet=10", 10_000: "fleet=10000"}[size], func(b *testing.B) {
			s := setup(b)
			s.fleet(b, size)
			i := 0
			for b.Loop() {
				i++
				n := machine(strings.Repeat("n", 30)+hex.EncodeToString([]byte{byte(i >> 16), byte(i >> 8), byte(i)}), s.site1)
				_, err := s.service.Enrol(b.Context(), installer(), n)
				require.NoError(b, err)
			}
		})
	}
}
