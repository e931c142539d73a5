package agents_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/variables"
)

func TestVariables(t *testing.T) {
	t.Parallel()
	b := setup(t)
	one, _ := b.enrol(t, machine(someID, b.site1))
	two, _ := b.enrol(t, machine("BBBBAAAABBBBAAAABBBBAAAABBBB", b.site3))
	_, err := b.pool.Exec(t.Context(), `
		INSERT INTO custom_fields (id, model, type, name, default_value_string, default_value_bool) VALUES
		  (901, 'agent', 'text', 'rack', 'none', false), (902, 'client', 'text', 'code', NULL, false), (903, 'agent', 'checkbox', 'vip', NULL, true);
		INSERT INTO agent_custom_fields (agent_id, field_id, string_value) SELECT id, 901, 'R1' FROM agents WHERE hostname = 'host-AAAA';
		INSERT INTO agent_custom_fields (agent_id, field_id, bool_value) SELECT id, 903, false FROM agents WHERE hostname = 'host-AAAA';
		INSERT INTO client_custom_fields (client_id, field_id, string_value) SELECT id, 902, 'C-' || name FROM clients;
		INSERT INTO global_keystore (name, value) VALUES ('key', 'first'), ('key', 'second');
		UPDATE agent_inventory SET wmi_detail = '{"cpus":["x"]}', cpu_model = '{"x"}', local_ips = '10.0.0.1'`)
	require.NoError(t, err)
	args := []string{
		"{{agent.hostname}}", "{{agent.rack}}", "{{agent.vip}}", "{{client.code}}", "{{site.name}}", "{{global.key}}", "{{agent.local_ips}}",
		"{{agent.timezone}}", "{{agent.wmi_detail}}", "{{agent.client.name}}", "{{agent.policy}}", "{{agent.status}}",
	}
	data, err := b.service.Variables(t.Context(), []int32{one.PK, two.PK}, args)
	require.NoError(t, err)
	require.Equal(t, []string{
		"'host-AAAA'", "'R1'", "0", "'C-Acme'", "'HQ'", "'first'", "'10.0.0.1'", "'America/Los_Angeles'", `{"cpus": ["x"]}`, "'Acme'", "host-AAAA", "'online'",
	}, data[one.PK].Args("shell", args).Items)
	require.Equal(t, []string{"'none'", "1", "'C-Bolt'"}, data[two.PK].Args("shell", args[1:4]).Items)

	none, err := b.service.Variables(t.Context(), []int32{one.PK}, []string{"plain"})
	require.NoError(t, err)
	require.Equal(t, []string{"plain"}, none[one.PK].Args("shell", []string{"plain"}).Items, "without a placeholder nothing is read")
	narrow, err := b.service.Variables(t.Context(), []int32{one.PK}, []string{"{{agent.hostname}}"})
	require.NoError(t, err)
	require.Equal(t, []string{"{{agent.wmi_detail}}"}, narrow[one.PK].Args("shell", []string{"{{agent.wmi_detail}}"}).Items)
	_, err = b.service.Variables(t.Context(), nil, args)
	require.NoError(t, err)
}

func TestSelectKeepsToScopeAndSelection(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fleet(t, 30)
	all, err := b.service.Select(t.Context(), admin().Scope, agents.Selection{})
	require.NoError(t, err)
	require.Len(t, all, 30)
	some, err := b.service.Select(t.Context(), admin().Scope, agents.Selection{SiteID: &b.site1, MonitoringType: "server"})
	require.NoError(t, err)
	require.Len(t, some, 5)
	none, err := b.service.Select(t.Context(), admin().Scope, agents.Selection{AgentIDs: []string{}})
	require.NoError(t, err)
	require.Empty(t, none, "an empty list of ids picks nobody")
}

func TestPlaceVariables(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.pool.Exec(t.Context(), `
		INSERT INTO custom_fields (id, model, type, name, default_value_string) VALUES (911, 'client', 'text', 'code', 'none'), (912, 'site', 'text', 'floor', NULL);
		INSERT INTO site_custom_fields (site_id, field_id, string_value) SELECT id, 912, '3' FROM sites;
		INSERT INTO global_keystore (name, value) VALUES ('key', 'v')`)
	require.NoError(t, err)
	const text = "{{agent.hostname}}/{{client.name}}/{{site.name}}/{{global.key}}/{{client.code}}/{{site.floor}}"
	site, err := b.service.PlaceVariables(t.Context(), variables.Site, b.site1, []string{text})
	require.NoError(t, err)
	require.Equal(t, "HQ/Acme/HQ/v/none/3", site.Plain(text, nil))
	var client int32
	require.NoError(t, b.pool.QueryRow(t.Context(), `SELECT client_id FROM sites WHERE id = $1`, b.site1).Scan(&client))
	of, err := b.service.PlaceVariables(t.Context(), variables.Client, client, []string{text})
	require.NoError(t, err)
	require.Equal(t, "Acme/Acme/Acme/v/none/Acme", of.Plain(text, nil))
	nothing, err := b.service.PlaceVariables(t.Context(), variables.Global, 0, []string{text})
	require.NoError(t, err)
	require.Equal(t, "None/None/None/v/None/None", nothing.Plain(text, nil))
	other, err := b.service.PlaceVariables(t.Context(), variables.Global, 0, []string{"{{global.another}}"})
	require.NoError(t, err)
	require.Empty(t, other.Globals, "what no text names is not opened")
	_, err = b.service.PlaceVariables(t.Context(), variables.Site, 99999)
	require.ErrorContains(t, err, "No Site matches")
	_, err = b.service.PlaceVariables(t.Context(), variables.Client, 99999)
	require.ErrorContains(t, err, "No Client matches")
}
