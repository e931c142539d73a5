package presence

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// Subjects of nats-server's system account.
const (
	// Both kinds of events are taken with one subscription: from two, they would come in any order, and a connection whose
	// end is seen before its beginning would be taken for one that stands.
	eventSubjects     = "$SYS.ACCOUNT." + bus.AccountAgents + ".*"
	connectSubject    = "$SYS.ACCOUNT." + bus.AccountAgents + ".CONNECT"
	disconnectSubject = "$SYS.ACCOUNT." + bus.AccountAgents + ".DISCONNECT"
	listSubject       = "$SYS.REQ.SERVER.PING.CONNZ"
	pingSubject       = "$SYS.REQ.SERVER.PING"
)

const (
	maxEvent  = 16 << 10
	pageLimit = 65536
	answerIn  = 2 * time.Second
)

// connection is one connection of an agent to one server.
type connection struct {
	AgentID  string
	ServerID string
	CID      uint64
	Start    time.Time // identifies it; microseconds, as the database keeps them
	Host     string

	seen time.Time // when its connect event came; zero when it was found in a list
}

// connectEvent is the part of the server's connect and disconnect advisories that is used.
type connectEvent struct {
	Server struct {
		ID string `json:"id"`
	} `json:"server"`
	Client struct {
		Start time.Time  `json:"start"`
		Stop  *time.Time `json:"stop"`
		Host  string     `json:"host"`
		ID    uint64     `json:"id"`
		User  string     `json:"user"`
	} `json:"client"`
}

func parseEvent(data []byte) (c connection, stop time.Time, err error) {
	if len(data) > maxEvent {
		return c, stop, errors.New("connect event is too large")
	}
	var e connectEvent
	if err := json.Unmarshal(data, &e); err != nil {
		return c, stop, fmt.Errorf("decode connect event: %w", err)
	}
	if !agentwire.ValidAgentID(e.Client.User) || e.Client.Start.IsZero() {
		return c, stop, errors.New("connect event names no agent")
	}
	if e.Client.Stop != nil {
		stop = e.Client.Stop.Truncate(time.Microsecond)
	}
	return connection{
		AgentID: e.Client.User, ServerID: e.Server.ID, CID: e.Client.ID, Host: e.Client.Host,
		Start: e.Client.Start.Truncate(time.Microsecond),
	}, stop, nil
}

type connList struct {
	Server struct {
		ID string `json:"id"`
	} `json:"server"`
	Data struct {
		Now         time.Time `json:"now"`
		Total       int       `json:"total"`
		Offset      int       `json:"offset"`
		Connections []struct {
			CID   uint64    `json:"cid"`
			Start time.Time `json:"start"`
			IP    string    `json:"ip"`
			User  string    `json:"authorized_user"`
		} `json:"connections"`
	} `json:"data"`
}

// listing is who is connected, over all servers.
type listing struct {
	taken       time.Time // the earliest of the servers' clocks
	connections []connection
}

// errIncomplete says that not all servers answered, or one has more connections than a page: nobody may be taken for
// absent.
var errIncomplete = errors.New("list of connections is incomplete")

// list asks all servers for the agents' connections. With errIncomplete the listing holds what was answered.
func list(ctx context.Context, nc *nats.Conn) (listing, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*answerIn)
	defer cancel()
	servers, err := countServers(ctx, nc)
	if err != nil {
		return listing{}, err
	}
	query := fmt.Sprintf(`{"acc":%q,"auth":true,"limit":%d}`, bus.AccountAgents, pageLimit)
	answers, err := gather(ctx, nc, listSubject, query, servers)
	if err != nil {
		return listing{}, err
	}
	var l listing
	complete := len(answers) == servers
	for _, data := range answers {
		var page connList
		if err := json.Unmarshal(data, &page); err != nil {
			return l, fmt.Errorf("decode list of connections: %w", err)
		}
		complete = complete && page.Data.Total <= len(page.Data.Connections)
		if l.taken.IsZero() || page.Data.Now.Before(l.taken) {
			l.taken = page.Data.Now.Truncate(time.Microsecond)
		}
		for _, c := range page.Data.Connections {
			if agentwire.ValidAgentID(c.User) {
				l.connections = append(l.connections, connection{
					AgentID: c.User, ServerID: page.Server.ID, CID: c.CID, Start: c.Start.Truncate(time.Microsecond), Host: c.IP,
				})
			}
		}
	}
	if !complete {
		return l, errIncomplete
	}
	return l, nil
}

// countServers asks one server how many there are.
func countServers(ctx context.Context, nc *nats.Conn) (int, error) {
	m, err := nc.RequestWithContext(ctx, pingSubject, nil)
	if err != nil {
		return 0, fmt.Errorf("ping nats servers: %w", err)
	}
	var pong struct {
		Statsz struct {
			ActiveServers int `json:"active_servers"`
		} `json:"statsz"`
	}
	if err := json.Unmarshal(m.Data, &pong); err != nil {
		return 0, fmt.Errorf("decode ping of nats server: %w", err)
	}
	return max(1, pong.Statsz.ActiveServers), nil
}

// gather collects up to want answers, or fewer when no more come in time.
func gather(ctx context.Context, nc *nats.Conn, subject, body string, want int) ([][]byte, error) {
	sub, err := nc.SubscribeSync(nc.NewRespInbox())
	if err != nil {
		return nil, fmt.Errorf("gather %s: %w", subject, err)
	}
	defer func() {
		if err := sub.Unsubscribe(); err != nil {
			return // gone with its connection
		}
	}()
	if err := nc.PublishRequest(subject, sub.Subject, []byte(body)); err != nil {
		return nil, fmt.Errorf("gather %s: %w", subject, err)
	}
	var answers [][]byte
	wait, cancel := context.WithTimeout(ctx, answerIn)
	defer cancel()
	for len(answers) < want {
		m, err := sub.NextMsgWithContext(wait)
		if err != nil {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			break
		}
		answers = append(answers, m.Data)
	}
	return answers, nil
}

// kick ends one connection. The client sees an ordinary disconnect and, when it may, connects again.
func kick(nc *nats.Conn, c connection) error {
	body := `{"cid":` + strconv.FormatUint(c.CID, 10) + `}`
	// The server ignores a request without a reply subject; nobody listens on this one.
	if err := nc.PublishRequest("$SYS.REQ.SERVER."+c.ServerID+".KICK", nc.NewRespInbox(), []byte(body)); err != nil {
		return fmt.Errorf("disconnect agent: %w", err)
	}
	return nil
}
