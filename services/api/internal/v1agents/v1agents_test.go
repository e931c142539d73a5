package v1agents_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/leaktest"
	packages "github.com/gueencode/gueenrmm/proto/setup"
	"github.com/gueencode/gueenrmm/services/api/internal/app"
	"github.com/gueencode/gueenrmm/services/api/internal/resttest"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

type body = map[string]any

// fleet is the api with two clients of one site each and n agents, half of them at each.
type fleet struct {
	*resttest.API
	client1, client2 int32
	site1, site2     int32
}

func setup(t testing.TB, n int, options ...resttest.Option) *fleet {
	t.Helper()
	f := &fleet{API: resttest.New(t, options...)}
	ctx := t.Context()
	for i, name := range []string{"Acme", "Bolt"} {
		client, site := []*int32{&f.client1, &f.client2}[i], []*int32{&f.site1, &f.site2}[i]
		require.NoError(t, f.Pool.QueryRow(ctx, `INSERT INTO clients (name) VALUES ($1) RETURNING id`, name).Scan(client))
		require.NoError(t, f.Pool.QueryRow(ctx, `INSERT INTO sites (client_id, name) VALUES ($1, $2) RETURNING id`, *client, name+" HQ").Scan(site))
	}
	_, err := f.Pool.Exec(ctx, `
		INSERT INTO agents (agent_id, hostname, plat, operating_system, monitoring_type, site_id, needs_reboot, public_ip)
		SELECT 'FLEETAGENTIDENTIFIER' || lpad(i::text, 10, '0'), 'pc-' || lpad(i::text, 6, '0'), 'linux', 'Debian 12', 'server',
		  CASE WHEN i % 2 = 0 THEN $2::int ELSE $3::int END, i = 1, '203.0.113.' || i % 250
		FROM generate_series(1, $1::int) i`, n, f.site1, f.site2)
	require.NoError(t, err)
	_, err = f.Pool.Exec(ctx, `UPDATE agent_presence SET last_seen = now() - (agent_id % 2) * interval '1 hour', connected = true`)
	require.NoError(t, err)
	_, err = f.Pool.Exec(ctx, `ANALYZE`)
	require.NoError(t, err)
	return f
}

type page struct {
	Items      []body  `json:"items"`
	NextCursor *string `json:"next_cursor"`
	Total      int     `json:"total"`
}

func TestSearch(t *testing.T) {
	t.Parallel()
	f := setup(t, 120)
	var p page
	seen := map[string]bool{}
	path := "/v1/agents?sort=-hostname&limit=50"
	for cursor := ""; ; {
		f.Admin().Get(path + "&cursor=" + url.QueryEscape(cursor)).OK(&p)
		require.Equal(t, 120, p.Total)
		for _, row := range p.Items {
			seen[row["hostname"].(string)] = true
		}
		if p.NextCursor == nil {
			break
		}
		cursor, p = *p.NextCursor, page{}
	}
	require.Len(t, seen, 120)

	p = page{}
	f.Admin().Get("/v1/agents?q=pc-000007&status=online,offline,overdue").OK(&p)
	require.Equal(t, 1, p.Total)
	row := p.Items[0]
	require.ElementsMatch(t, []string{"id", "agent_id", "hostname", "client", "site", "monitoring_type", "plat", "goarch", "status", "connected", "last_seen",
		"operating_system", "version", "logged_in_username", "public_ip", "local_ips", "description", "needs_reboot", "maintenance_mode", "checks", "boot_time"}, keysOf(row))
	require.Equal(t, body{"id": float64(f.client2), "name": "Bolt"}, row["client"])
	var one body
	f.Admin().Get(fmt.Sprintf("/v1/agents/%v", row["agent_id"])).OK(&one)
	require.Equal(t, row, one)

	limited := f.As(resttest.Role{Permissions: []access.Permission{access.ListAgents}, Clients: []int32{f.client1}})
	p = page{}
	limited.Get("/v1/agents?limit=200").OK(&p)
	require.Equal(t, 60, p.Total)
	require.Len(t, p.Items, 60)
	problem(t, limited.Get(fmt.Sprintf("/v1/agents/%v", row["agent_id"])), http.StatusForbidden, "forbidden")
	problem(t, f.Admin().Get("/v1/agents/nosuch"), http.StatusNotFound, "not_found")
	problem(t, f.Admin().Get("/v1/agents?sort=nosuch"), http.StatusBadRequest, "invalid")
	problem(t, f.Admin().Get("/v1/agents?cursor=nosuch"), http.StatusBadRequest, "invalid")
	problem(t, f.Admin().Get("/v1/agents?limit=1000"), http.StatusBadRequest, "invalid")
	problem(t, f.Admin().Get("/v1/agents?status=dancing"), http.StatusBadRequest, "invalid")
	problem(t, f.With(access.ListNotes).Get("/v1/agents"), http.StatusForbidden, "forbidden")
}

func keysOf(m body) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

func problem(t *testing.T, r *resttest.Reply, status int, code string) {
	t.Helper()
	require.Equal(t, status, r.Status, r.Body)
	require.Equal(t, "application/problem+json", r.Header.Get("Content-Type"))
	require.Contains(t, r.Body, `"code":"`+code+`"`)
}

func TestCountsAndTree(t *testing.T) {
	t.Parallel()
	f := setup(t, 10)
	var counts body
	f.Admin().Get("/v1/agents/counts").OK(&counts)
	require.Equal(t, body{"total": 10.0, "online": 5.0, "offline": 0.0, "overdue": 5.0, "failing": 0.0, "warning": 0.0, "needs_reboot": 1.0,
		"maintenance": 0.0, "by_plat": body{"linux": 10.0}, "by_monitoring_type": body{"server": 10.0}}, counts)
	f.Admin().Get(fmt.Sprintf("/v1/agents/counts?client=%d&needs_reboot=true", f.client2)).OK(&counts)
	require.Equal(t, 1.0, counts["total"])
	var tree struct{ Clients []body }
	f.Admin().Get("/v1/tree").OK(&tree)
	require.Len(t, tree.Clients, 2)
	require.Equal(t, 5.0, tree.Clients[0]["agents"])
	require.Len(t, tree.Clients[0]["sites"], 1)
	f.As(resttest.Role{Permissions: []access.Permission{access.ListAgents}, Sites: []int32{f.site2}}).Get("/v1/tree").OK(&tree)
	require.Len(t, tree.Clients, 1)
}

// quiet publishes nothing.
type quiet struct{}

func (quiet) PublishFacts(...bus.Fact) error { return nil }

func TestEnrolment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gueen-agent-linux-amd64"), []byte("binary"), 0o600))
	f := setup(t, 0, func(_ *app.Infrastructure, o *app.Options) { o.AgentsDir = dir })
	in := body{"client": f.client1, "site": f.site1, "monitoring_type": "server", "plat": "linux", "goarch": "amd64", "expires_hours": 2}
	reply := f.Admin().Post("/v1/enrolments", in)
	require.Equal(t, http.StatusCreated, reply.Status, reply.Body)
	match := regexp.MustCompile(`"command":"curl -fsSL 'https://api\.example\.com(/v1/enrolments/([0-9a-f-]{36})/install\.sh\?token=([0-9a-f]{64}))' \| sudo sh"`).FindStringSubmatch(reply.Body)
	require.Len(t, match, 4, reply.Body)
	path, id, token := match[1], match[2], match[3]

	script := f.Anonymous().Get(path)
	require.Equal(t, http.StatusOK, script.Status)
	require.True(t, strings.HasPrefix(script.Header.Get("Content-Type"), "text/x-shellscript"))
	require.Contains(t, script.Body, "token='"+token+"'")
	require.Contains(t, script.Body, "url='https://api.example.com/v1/downloads/agent/linux/amd64'")
	require.Regexp(t, `sha256='[0-9a-f]{64}'`, script.Body)
	problem(t, f.Anonymous().Get("/v1/enrolments/"+id+"/install.sh"), http.StatusNotFound, "not_found")
	problem(t, f.Anonymous().Get("/v1/enrolments/"+id+"/install.sh?token="+strings.Repeat("0", 64)), http.StatusNotFound, "not_found")

	binary := f.Anonymous().Get("/v1/downloads/agent/linux/amd64")
	require.Equal(t, "binary", binary.Body)
	require.Contains(t, script.Body, "sha256='"+binary.Header.Get("X-Checksum-Sha256")+"'")
	problem(t, f.Anonymous().Get("/v1/downloads/agent/linux/arm64"), http.StatusNotFound, "not_found")
	require.Equal(t, http.StatusNotFound, f.Anonymous().Get("/v1/downloads/agent/linux/..%2f..%2fetc%2fpasswd").Status)

	// The token is an installer's: it authenticates the registration, which shows up as an arrival.
	holder, err := f.App.Accounts.Session(t.Context(), token, false)
	require.NoError(t, err)
	svc := agents.New(agents.Deps{Pool: f.Pool, Audit: audit.New(0), Facts: quiet{}, Log: zap.NewNop()})
	n := agents.NewAgent{AgentID: strings.Repeat("n", 40), Hostname: "new", SiteID: f.site2, MonitoringType: "server", Plat: "linux", Goarch: "amd64"}
	_, err = svc.Enrol(t.Context(), holder, n)
	require.Error(t, err, "the token is bound to its site")
	n.SiteID = f.site1
	_, err = svc.Enrol(t.Context(), holder, n)
	require.NoError(t, err)
	var e struct{ Agents []body }
	f.Admin().Get("/v1/enrolments/" + id).OK(&e)
	require.Len(t, e.Agents, 1)
	require.Equal(t, "new", e.Agents[0]["hostname"])

	limited := f.As(resttest.Role{Permissions: []access.Permission{access.InstallAgents}, Clients: []int32{f.client2}})
	problem(t, limited.Get("/v1/enrolments/"+id), http.StatusNotFound, "not_found")
	problem(t, limited.Post("/v1/enrolments", in), http.StatusForbidden, "forbidden")
	problem(t, f.Admin().Get("/v1/enrolments/nosuch"), http.StatusNotFound, "not_found")
	in["client"] = f.client2
	problem(t, f.Admin().Post("/v1/enrolments", in), http.StatusBadRequest, "invalid")
	for plat, want := range map[string]string{"darwin": "sudo ./tacticalagent-v", "windows": "/VERYSILENT"} {
		require.Contains(t, f.Admin().Post("/v1/enrolments", body{"site": f.site1, "monitoring_type": "server", "plat": plat, "goarch": "arm64"}).Body, want)
	}
}

func BenchmarkSearch(b *testing.B) {
	f := setup(b, 10_000)
	admin := f.Admin()
	for _, query := range []string{"", "?sort=-last_seen", "?q=pc-00012&status=online", "?needs_reboot=true"} {
		b.Run("agents"+query, func(b *testing.B) {
			for b.Loop() {
				if reply := admin.Get("/v1/agents" + query); reply.Status != http.StatusOK {
					b.Fatal(reply.Body)
				}
			}
		})
	}
}

func TestDeploymentScripts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gueen-agent-linux-amd64"), []byte("binary"), 0o600))
	f := setup(t, 0, func(_ *app.Infrastructure, o *app.Options) { o.AgentsDir = dir })
	expires := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
	in := body{"site": f.site1, "expires": expires, "agenttype": "workstation", "goarch": "amd64", "power": 0, "rdp": true, "ping": 1}
	require.Equal(t, http.StatusOK, f.Admin().Post("/clients/deployments/", in).Status)
	var list []struct {
		UID string `json:"uid"`
	}
	f.Admin().Get("/clients/deployments/").OK(&list)
	require.Len(t, list, 1)
	path := "/v1/deployments/" + list[0].UID

	script := f.Anonymous().Get(path + "/install.sh")
	require.Equal(t, http.StatusOK, script.Status, script.Body)
	require.Equal(t, "no-store", script.Header.Get("Cache-Control"))
	for _, want := range []string{fmt.Sprintf("client_id='%d'", f.client1), fmt.Sprintf("site_id='%d'", f.site1), "agent_type='workstation'", "/v1/downloads/agent/linux/amd64'"} {
		require.Contains(t, script.Body, want)
	}
	require.Regexp(t, `token='[0-9a-f]{64}'`, script.Body)
	problem(t, f.Anonymous().Get(path+"/install.ps1"), http.StatusBadRequest, "refused") // there is no Windows agent here
	requireWindowsPackage(t, f, dir, list[0].UID)
	problem(t, f.Anonymous().Get("/v1/deployments/nosuch/install.sh"), http.StatusBadRequest, "refused")
	problem(t, f.Anonymous().Get("/v1/deployments/00000000-0000-4000-8000-000000000000/install.sh"), http.StatusNotFound, "not_found")

	_, err := f.Pool.Exec(t.Context(), `UPDATE deployments SET expiry = now() - interval '1 second'`)
	require.NoError(t, err)
	problem(t, f.Anonymous().Get(path+"/install.sh"), http.StatusNotFound, "not_found")
}

// requireWindowsPackage: a link's download is the setup program with what the link installs behind its last byte.
func requireWindowsPackage(t *testing.T, f *fleet, dir, uid string) {
	t.Helper()
	path := "/clients/" + uid + "/deploy/"
	f.Anonymous().Get(path).Is(http.StatusBadRequest, "This server has no agent for windows on amd64.")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gueen-agent-windows-amd64.exe"), []byte("agent"), 0o600))
	require.Equal(t, http.StatusBadRequest, f.Anonymous().Get(path).Status, "there is no setup program")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "gueen-setup-windows.exe"), []byte("MZ program"), 0o600))
	file := f.Anonymous().Get(path)
	require.Equal(t, http.StatusOK, file.Status, file.Body)
	require.Equal(t, "application/x-msdos-program", file.Header.Get("Content-Type"))
	require.Regexp(t, `^attachment; filename="?trmm-[a-z0-9]+-[a-z0-9]+-workstation-amd64\.exe"?$`, file.Header.Get("Content-Disposition"))
	require.Equal(t, fmt.Sprint(len(file.Body)), file.Header.Get("Content-Length"))
	require.True(t, strings.HasPrefix(file.Body, "MZ program"))
	p, err := packages.Read(strings.NewReader(file.Body), int64(len(file.Body)))
	require.NoError(t, err)
	sum := sha256.Sum256([]byte("agent"))
	require.Regexp(t, "^[0-9a-f]{64}$", p.Token)
	p.Token = ""
	require.Equal(t, packages.Package{
		API: "https://api.example.com", ClientID: f.client1, SiteID: f.site1, AgentType: "workstation", URL: "https://api.example.com/v1/downloads/agent/windows/amd64",
		SHA256: hex.EncodeToString(sum[:]), FileName: "tacticalagent-v2.11.0-windows-amd64.exe", RDP: true, Ping: true,
	}, p)
	require.Equal(t, "agent", f.Anonymous().Get("/v1/downloads/agent/windows/amd64").Body)
}
