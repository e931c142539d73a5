package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/proto/events"
)

type wsConn = *websocket.Conn

func readOrCode(t *testing.T, c wsConn) (object, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	_, data, err := c.Read(ctx)
	if err != nil {
		return nil, int(websocket.CloseStatus(err))
	}
	var v object
	require.NoError(t, json.Unmarshal(data, &v))
	return v, 0
}

// subscribe opens a live socket and waits until its subscription counts.
func (b *bundle) subscribe(t *testing.T, address, token string, topics ...string) *websocket.Conn {
	t.Helper()
	conn, status := b.dialAt(t, address, "/v1/ws", token, nil)
	require.NotNil(t, conn, "refused with %d", status)
	for _, topic := range topics {
		write(t, conn, `{"op":"subscribe",`+topic+`}`)
	}
	write(t, conn, `{"op":"nonsense"}`) // is answered when the ones before are done
	require.Equal(t, object{"error": "Invalid frame"}, read(t, conn))
	return conn
}

func TestFactsReachThoseWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mine, client := b.agent(t, "a", "linux", "2.11.0")
	theirs, _ := b.agent(t, "b", "linux", "2.11.0")
	admin := b.subscribe(t, b.address, b.user(t, "admin", nil), `"topic":"agents"`)
	scoped := b.subscribe(t, b.address, b.user(t, "scoped", []string{"can_list_agents"}, client), `"topic":"agents"`)
	blind := b.subscribe(t, b.address, b.user(t, "blind", []string{}), `"topic":"agents"`)

	b.fact(t, events.RowChanged(theirs, time.Now()))
	f := read(t, admin)
	require.Equal(t, theirs, f["agent_id"])
	require.Equal(t, "row", f["event"])
	require.Equal(t, "agents", f["topic"])
	require.Equal(t, "host-b", f["data"].(object)["hostname"])
	require.Equal(t, "online", f["data"].(object)["status"])

	b.fact(t, events.PresenceChanged(mine, time.Now(), events.Presence{Connected: true}))
	for _, conn := range []*websocket.Conn{admin, scoped} { // the first that the scoped one hears
		f := read(t, conn)
		require.Equal(t, mine, f["agent_id"])
		require.Equal(t, "presence", f["event"])
		require.Equal(t, "online", f["data"].(object)["status"])
	}
	b.fact(t, events.ChecksChanged(mine, time.Now()))
	require.Contains(t, read(t, scoped)["data"].(object), "checks")

	// The agent moves out of the scope: it disappears for those who cannot follow it.
	_, err := b.pool.Exec(t.Context(), `UPDATE agents SET site_id = (SELECT site_id FROM agents WHERE agent_id = $2) WHERE agent_id = $1`, mine, theirs)
	require.NoError(t, err)
	b.fact(t, events.RowChanged(mine, time.Now()))
	f = read(t, scoped)
	require.Equal(t, "removed", f["event"])
	require.Equal(t, mine, f["agent_id"])
	f = read(t, admin)
	require.Equal(t, "checks", f["event"])
	require.Equal(t, "row", read(t, admin)["event"])

	b.fact(t, events.Removed(theirs, client, 0, time.Now()))
	require.Equal(t, object{"topic": "agents", "event": "removed", "agent_id": theirs}, read(t, admin))
	require.Equal(t, "removed", read(t, scoped)["event"])

	b.stop()
	require.Equal(t, 1001, closeCode(t, admin))
	require.Equal(t, 1001, closeCode(t, blind)) // and heard nothing before
}

func TestTopicsOfOneAgentAndOneEnrolment(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, client := b.agent(t, "a", "linux", "2.11.0")
	other, _ := b.agent(t, "b", "linux", "2.11.0")
	token := b.user(t, "admin", nil)
	one := b.subscribe(t, b.address, token, `"topic":"agent","agent_id":"`+id+`"`)
	enrolment := b.subscribe(t, b.address, token, `"topic":"enrolment","id":"e-1"`)
	b.fact(t, events.RowChanged(other, time.Now()))
	b.fact(t, events.Finished(id, time.Now(), events.Result{HistoryID: 7, What: "command"}))
	f := read(t, one)
	require.Equal(t, object{"topic": "agent", "event": "result", "agent_id": id, "data": object{"what": "command", "history_id": 7.0}}, f)
	b.fact(t, events.Enrolled(other, "e-1", "host-b", client, 1, time.Now()))
	require.Equal(t, object{"topic": "enrolment", "event": "enrolled", "agent_id": other, "data": object{"enrolment_id": "e-1", "hostname": "host-b"}}, read(t, enrolment))
	write(t, one, `{"op":"unsubscribe","topic":"agent","agent_id":"`+id+`"}`)
	write(t, one, `{"op":"x"}`)
	require.Equal(t, object{"error": "Invalid frame"}, read(t, one))
	b.fact(t, events.RowChanged(id, time.Now()))
	write(t, one, strings.Repeat("x", 1000))
	require.Equal(t, object{"error": "Invalid frame"}, read(t, one))
}

func TestReplicasServeTheSameFacts(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, _ := b.agent(t, "a", "linux", "2.11.0")
	address, _, _ := b.start(t)
	token := b.user(t, "admin", nil)
	conns := []*websocket.Conn{b.subscribe(t, b.address, token, `"topic":"agents"`), b.subscribe(t, address, token, `"topic":"agents"`)}
	b.fact(t, events.RowChanged(id, time.Now()))
	for _, c := range conns {
		require.Equal(t, id, read(t, c)["agent_id"])
	}
}

// flood tells of changes of more agents than anybody wants to hear of, until an answer comes.
func (b *bundle) flood(t *testing.T, answer <-chan object) object {
	t.Helper()
	messages := map[string][]byte{}
	for i := range 10_000 {
		f := events.RowChanged(fmt.Sprintf("%s%05d", strings.Repeat("x", 35), i), time.Now())
		data, err := json.Marshal(f)
		require.NoError(t, err)
		messages[f.Subject()] = data
	}
	for {
		for subject, data := range messages {
			require.NoError(t, b.services.Publish(subject, data))
		}
		select {
		case f := <-answer:
			return f
		default:
		}
	}
}

func TestFloodIsAnsweredWithResync(t *testing.T) {
	t.Parallel()
	b := setup(t)
	conn := b.subscribe(t, b.address, b.user(t, "admin", nil), `"topic":"agents"`)
	heard := make(chan object, 1)
	go func() {
		f, _ := readOrCode(t, conn)
		heard <- f
	}()
	require.Equal(t, object{"event": "resync"}, b.flood(t, heard))
	// Nonsense on the bus is counted and harmless.
	require.NoError(t, b.services.Publish("facts.agent.x.row", []byte("{")))
	require.NoError(t, b.services.Publish("facts.session.revoked", []byte("{")))
}

func TestSlowReaderIsDroppedAndOthersAreNot(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const agents = 400
	_, err := b.pool.Exec(t.Context(), `WITH c AS (INSERT INTO clients (name) VALUES ('c') RETURNING id),
		s AS (INSERT INTO sites (name, client_id) SELECT 'site', id FROM c RETURNING id)
		INSERT INTO agents (agent_id, hostname, plat, description, site_id)
		SELECT repeat('x', 36) || lpad(n::text, 4, '0'), 'host', 'linux', (SELECT string_agg(md5(random()::text || n || i), '') FROM generate_series(1, 200) i), s.id
		FROM s, generate_series(0, $1::int - 1) n`, agents)
	require.NoError(t, err)
	token := b.user(t, "admin", nil)
	slow := b.subscribe(t, b.address, token, `"topic":"agents"`)
	quick := b.subscribe(t, b.address, token, `"topic":"agents"`)
	ended := make(chan error, 1)
	go func() {
		for {
			if _, _, err := quick.Read(context.Background()); err != nil {
				ended <- err
				return
			}
		}
	}()
	// The first to be told of is not dropped before its time: a burst alone is no reason.
	closed := func() bool { return strings.Contains(b.metricsText(t), `gueen_realtime_closed_total{code="4408"} 1`) }
	// Seldom enough for who reads to keep up on a busy machine, where each change is rendered and compressed for two.
	paced := time.NewTicker(500 * time.Millisecond)
	defer paced.Stop()
	for deadline := time.Now().Add(2 * wait); !closed(); <-paced.C {
		if !time.Now().Before(deadline) {
			require.Fail(t, "who reads nothing is dropped", b.metricsText(t))
		}
		for i := range agents {
			f := events.RowChanged(fmt.Sprintf("%s%04d", strings.Repeat("x", 36), i), time.Now())
			data, err := json.Marshal(f)
			require.NoError(t, err)
			require.NoError(t, b.services.Publish(f.Subject(), data))
		}
	}
	_, _, err = slow.Read(t.Context())
	require.NoError(t, err) // what was sent before is still there
	b.stop()
	require.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(<-ended), "who reads is served to the end")
}

func TestChangedPermissionsTakeEffect(t *testing.T) {
	t.Parallel()
	b := setup(t)
	mine, client := b.agent(t, "a", "linux", "2.11.0")
	theirs, _ := b.agent(t, "b", "linux", "2.11.0")
	conn := b.subscribe(t, b.address, b.user(t, "scoped", []string{"can_list_agents"}, client), `"topic":"agents"`)
	// The watcher has to have seen the session once to notice that it changes.
	b.fact(t, events.AccessChanged{})
	deadline := time.Now().Add(wait)
	for told := false; !told; {
		require.True(t, time.Now().Before(deadline), "nothing changes")
		_, err := b.pool.Exec(t.Context(), `WITH c AS (DELETE FROM role_clients) UPDATE roles SET name = name || 'x'`)
		require.NoError(t, err)
		b.fact(t, events.AccessChanged{})
		b.fact(t, events.RowChanged(theirs, time.Now()))
		b.fact(t, events.RowChanged(mine, time.Now()))
		for heard := false; !told && !heard; {
			f := read(t, conn)
			told, heard = f["event"] == "resync", f["agent_id"] == mine
		}
	}
	b.fact(t, events.RowChanged(theirs, time.Now()))
	for read(t, conn)["agent_id"] != theirs {
		require.True(t, time.Now().Before(deadline), "it is not told of the others")
	}
}

func TestReturnOfTheBusIsAResync(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id, _ := b.agent(t, "a", "linux", "2.11.0")
	conn := b.subscribe(t, b.address, b.user(t, "admin", nil), `"topic":"agents"`)
	b.srv.Restart(t)
	require.Equal(t, object{"event": "resync"}, read(t, conn))
	// The publisher of the test may still write to the old server, so it says it until it is heard.
	heard := make(chan object, 1)
	go func() {
		for {
			f, _ := readOrCode(t, conn)
			if f == nil || f["event"] != "resync" { // each of the service's connections may say that it returned
				heard <- f
				return
			}
		}
	}()
	data, err := json.Marshal(events.RowChanged(id, time.Now()))
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		if b.services.Publish(events.RowChanged(id, time.Now()).Subject(), data) != nil {
			return false
		}
		select {
		case f := <-heard:
			return f["agent_id"] == id
		default:
			return false
		}
	}, wait, 50*time.Millisecond)
}

func TestFramesThatAreTooLargeOrBinaryEndTheSocket(t *testing.T) {
	t.Parallel()
	b := setup(t)
	token := b.user(t, "admin", nil)
	quiet := b.subscribe(t, b.address, token)
	large := b.subscribe(t, b.address, token)
	write(t, large, `{"op":"`+strings.Repeat("x", 1<<20)+`"}`)
	require.Equal(t, int(websocket.StatusMessageTooBig), closeCode(t, large))
	binary := b.subscribe(t, b.address, token)
	require.NoError(t, binary.Write(t.Context(), websocket.MessageBinary, []byte{1}))
	require.Equal(t, int(websocket.StatusUnsupportedData), closeCode(t, binary))
	write(t, quiet, `{"op":"x"}`) // nobody else noticed
	require.Equal(t, object{"error": "Invalid frame"}, read(t, quiet))
}
