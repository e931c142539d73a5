package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
	"github.com/gueencode/gueenrmm/services/internal/suite"
)

func TestSimulateRefusesWhatItWouldNotHeed(t *testing.T) {
	t.Parallel()
	reach := []string{"--api", "http://127.0.0.1:1", "--nats", "nats://127.0.0.1:1"}
	for said, args := range map[string][]string{
		"--rate means nothing to steady; it belongs to heartbeats, inventory, results": {"steady", "--rate", "5"},
		"--speed means nothing to bulk; it belongs to steady, ramp":                    {"bulk", "--speed", "5"},
		"--cut means nothing to results":                                               {"results", "--cut", "true"},
		"--state means nothing to enrolment":                                           {"enrolment", "--state", "x"},
		"there is no scenario \"storm\"":                                               {"storm"},
		"--report: open /nonexistent/r.json":                                           {"steady", "--report", "/nonexistent/r.json"},
		"--access: open /nonexistent/access.json":                                      {"steady", "--access", "/nonexistent/access.json"},
		"--prepare: needs the API key of a superuser":                                  {"steady", "--prepare"},
		"agents must be between 1 and 200000, not 0":                                   {"steady", "--prepare", "--agents", "0"},
		"needs an installer token or an API key":                                       {"steady"},
	} {
		_, err := runCommand(t, nil, "", append(append([]string{"simulate"}, args...), reach...)...)
		require.ErrorContains(t, err, said, "%v", args)
	}
	_, err := runCommand(t, nil, "", "simulate", "remove", "--api", "http://127.0.0.1:1")
	require.ErrorContains(t, err, "remove: needs the API key of a superuser")
}

func TestAccessFileIsThatOfItsServer(t *testing.T) {
	t.Parallel()
	a := suiteAccess{Access: suite.Access{
		API: "http://127.0.0.1:8080", NATS: "nats://127.0.0.1:4222", Database: "postgres://x", User: "admin",
		Metrics: map[string]string{"api": "http://127.0.0.1:9101"}, Servers: map[string]int{"postgres": 5433},
	}}
	var o simulate.Options
	a.fill(&o)
	require.Equal(t, simulate.Options{API: a.API, NATS: a.NATS, Database: a.Database, Metrics: a.Metrics, Watch: a.Servers}, o)

	o = simulate.Options{API: "https://rmm.example.com", NATS: "wss://rmm.example.com/natsws"}
	other := o
	a.fill(&o)
	require.Equal(t, other, o, "another server's database is not counted")
	a.asked = true
	a.fill(&o)
	require.Equal(t, a.Database, o.Database)
	require.Equal(t, "wss://rmm.example.com/natsws", o.NATS)
	a.asked = false
	_, err := a.caller(t.Context(), "https://rmm.example.com", "", false)
	require.ErrorIs(t, err, errNoKey)
	as, err := a.caller(t.Context(), "https://rmm.example.com", "k", true)
	require.NoError(t, err)
	require.Equal(t, simulate.Caller{Header: "X-API-KEY", Value: "k", Insecure: true}, as)

	file := filepath.Join(t.TempDir(), "access.json")
	require.NoError(t, os.WriteFile(file, []byte("no"), 0o600))
	_, err = readAccess(file, false)
	require.ErrorContains(t, err, "is not the access file of a suite")
}
