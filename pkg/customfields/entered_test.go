package customfields_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/customfields"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/platform/dbtest"
)

const fieldsOfOneClient = `
INSERT INTO clients (id, name) VALUES (1, 'Acme');
INSERT INTO custom_fields (id, model, name, type, options, required) VALUES
	(1, 'client', 'Text', 'text', '{}', true), (2, 'client', 'Number', 'number', '{}', false), (3, 'client', 'One', 'single', '{a,b}', false),
	(4, 'client', 'Many', 'multiple', '{a,b}', false), (5, 'client', 'Check', 'checkbox', '{}', false), (6, 'client', 'When', 'datetime', '{}', false),
	(7, 'site', 'Other', 'text', '{}', false);
INSERT INTO client_custom_fields (client_id, field_id, string_value) VALUES (1, 2, '12 GB');
`

func TestEnteredValuesSuitTheirFields(t *testing.T) {
	t.Parallel()
	pool := dbtest.New(t)
	_, err := pool.Exec(t.Context(), fieldsOfOneClient)
	require.NoError(t, err)
	text := func(field int32, s string) customfields.Input {
		return customfields.Input{Field: field, StringSet: true, String: &s}
	}
	null := func(field int32) customfields.Input { return customfields.Input{Field: field, StringSet: true} }
	list := func(field int32, items ...string) customfields.Input {
		return customfields.Input{Field: field, Multiple: &items}
	}
	tick := func(field int32) customfields.Input { on := true; return customfields.Input{Field: field, Bool: &on} }
	for _, good := range []customfields.Input{
		text(2, "12 GB"), // a program found it
		text(1, "any"), text(1, ""), null(1), text(2, "12"), text(2, "-1.5e3"), text(2, ""), null(2), text(3, "a"), text(3, "not an option"),
		list(4, "a", "z"), list(4), tick(5), {Field: 5}, text(5, ""), text(6, "2026-01-31"), text(6, "2026-01-31T10:00"), text(6, "2026/01/31 10:00"),
		text(6, "2026-01-31 10:00:59.5"), text(6, "2026-01-31T10:00:59.123Z"), text(6, "2026-01-31T10:00+01:00"), text(6, "2026-01-31T10:00:00+0100"), text(6, ""),
	} {
		_, _, err := customfields.Enter(t.Context(), pool, customfields.Client, 1, []customfields.Input{good})
		require.NoError(t, err, "%+v", good)
	}
	for _, bad := range []customfields.Input{
		text(2, "twelve"), text(2, "0x10"), text(2, "Inf"), text(2, "NaN"), text(2, "1e999"), text(2, "1_000"), text(2, "-"),
		text(6, "soon"), text(6, "2026-02-30"), text(6, "2026-01-31T25:00"), text(5, "yes"), list(5, "a"), text(4, "a"), tick(4), tick(1), list(2, "1"),
		text(7, "another model's"), text(99, "nobody's"),
	} {
		_, _, err := customfields.Enter(t.Context(), pool, customfields.Client, 1, []customfields.Input{text(1, "must not stay"), bad})
		require.Equal(t, fault.KindInvalid, fault.KindOf(err), "%+v", bad)
	}
	var kept int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM client_custom_fields WHERE string_value = 'must not stay'`).Scan(&kept))
	require.Zero(t, kept)
	before, after, err := customfields.Enter(t.Context(), pool, customfields.Client, 1, []customfields.Input{text(2, "7"), tick(5)})
	require.NoError(t, err)
	require.Equal(t, true, before["Check"])
	require.Equal(t, "7", *after["Number"].(*string))
	require.Len(t, after, 2, "only the fields that are named")
	named := customfields.Named{"Wifi-Password": "x", "API key": "x", "api_key": "x", "Monkey": "x", "Keyboard": "x", "Door PIN": "x", "Opinion": "x"}
	require.ElementsMatch(t, []string{"Wifi-Password", "API key", "api_key", "Door PIN"}, named.Secrets())
}
