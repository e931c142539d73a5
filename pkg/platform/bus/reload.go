package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// Subjects of the system account that ask servers for something.
const (
	pingServers  = "$SYS.REQ.SERVER.PING"
	reloadServer = "$SYS.REQ.SERVER.%s.RELOAD"
)

const (
	// firstAnswersIn is how long the first server has to say that it is there.
	firstAnswersIn = 10 * time.Second
	// othersAnswerIn is how long the others have after it.
	othersAnswerIn = 2 * time.Second
)

// Reload makes every nats-server read its configuration and certificates again and returns how many did. The settings are
// those of the system account; the context bounds the whole.
func Reload(ctx context.Context, s Settings) (reloaded int64, err error) {
	if s.Password == "" {
		return 0, errors.New("reload nats-server: nats.sys_password is not set")
	}
	nc, err := nats.Connect(s.URL, nats.UserInfo(s.User, s.Password), nats.Name(s.Name), nats.NoReconnect(), nats.Timeout(firstAnswersIn))
	if err != nil {
		return 0, fmt.Errorf("reload nats-server: %w", err)
	}
	defer nc.Close()
	ids, err := serverIDs(ctx, nc)
	if err != nil {
		return 0, fmt.Errorf("reload nats-server: %w", err)
	}
	var errs []error
	for _, id := range ids {
		if err := reload(ctx, nc, id); err != nil {
			errs = append(errs, fmt.Errorf("reload nats-server %s: %w", id, err))
			continue
		}
		reloaded++
	}
	return reloaded, errors.Join(errs...)
}

// serverIDs asks all servers of a cluster who they are; nobody knows how many will answer.
func serverIDs(ctx context.Context, nc *nats.Conn) ([]string, error) {
	inbox := nats.NewInbox()
	sub, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("list servers: %w", err)
	}
	if err := nc.PublishRequest(pingServers, inbox, nil); err != nil {
		return nil, fmt.Errorf("list servers: %w", err)
	}
	ids := []string{}
	until := time.Now().Add(firstAnswersIn)
	for {
		wait, cancel := context.WithDeadline(ctx, until)
		m, err := sub.NextMsgWithContext(wait)
		cancel()
		if err != nil {
			if len(ids) == 0 {
				return nil, fmt.Errorf("list servers: %w", err)
			}
			return ids, nil // the time is over
		}
		var answer struct {
			Server struct {
				ID string `json:"id"`
			} `json:"server"`
		}
		if err := json.Unmarshal(m.Data, &answer); err != nil || answer.Server.ID == "" {
			return nil, errors.New("list servers: the answer names no server")
		}
		if ids = append(ids, answer.Server.ID); len(ids) == 1 {
			until = time.Now().Add(othersAnswerIn)
		}
	}
}

func reload(ctx context.Context, nc *nats.Conn, id string) error {
	ctx, cancel := context.WithTimeout(ctx, firstAnswersIn)
	defer cancel()
	m, err := nc.RequestWithContext(ctx, fmt.Sprintf(reloadServer, id), nil)
	if err != nil {
		return err
	}
	var answer struct {
		Error *struct {
			Description string `json:"description"`
		} `json:"error"`
	}
	if err := json.Unmarshal(m.Data, &answer); err != nil {
		return fmt.Errorf("decode answer: %w", err)
	}
	if answer.Error != nil {
		return errors.New(answer.Error.Description)
	}
	return nil
}
