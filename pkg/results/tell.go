package results

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"go.uber.org/zap"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/outbox"
	"github.com/gueencode/gueenrmm/pkg/platform/queue"
)

// KindAlarm is the mail to the operators about results that are in danger.
func KindAlarm() queue.Kind {
	return queue.Kind{Name: "results.alarm", Summary: "Mail the recipients of the global settings that results pile up, or that some could not be applied"}
}

// notice is the payload of KindAlarm.
type notice struct {
	Subject string `json:"subject"`
	Body    string `json:"body"`
}

// Mailer sends a mail; without recipients to those of the global settings.
type Mailer interface {
	Send(ctx context.Context, to []string, subject, body string) error
}

// AlarmHandler does the jobs of KindAlarm. Where mail is not set up there is nobody to tell: the log and the metrics do.
func AlarmHandler(mail Mailer) queue.Handler {
	return queue.Handler{Kind: KindAlarm(), Do: func(ctx context.Context, t queue.Task) error {
		var n notice
		if err := json.Unmarshal(t.Payload, &n); err != nil {
			return queue.Permanent(fmt.Errorf("decode payload of %s: %w", t.Kind, err))
		}
		if err := mail.Send(ctx, nil, n.Subject, n.Body); err != nil && fault.KindOf(err) == "" {
			return fmt.Errorf("mail the operators: %w", err)
		}
		return nil
	}}
}

// cause is what the operators are told about, once a day each.
type cause string

const (
	pileUp   cause = "pile"
	isParked cause = "parked"
)

// tell asks for a mail about a cause, unless one was asked for today by this or another replica. While the database is away it
// cannot; the next look tries again.
func (w *Watch) tell(ctx context.Context, c cause, n notice) {
	day := w.Now().UTC().Format(time.DateOnly)
	if !w.Mail || w.told[c] == day {
		return
	}
	_, err := outbox.Enqueue(ctx, w.Pool, outbox.Message{Kind: KindAlarm().Name, Queue: queue.Critical, Payload: n, Dedupe: string(c) + ":" + day})
	if err != nil {
		w.limited.Warn("tell", "operators cannot be told by mail yet", zap.Error(err))
		return
	}
	w.told[c] = day
}

func pileUpNotice(danger error) notice {
	return notice{"Gueen RMM: results of agents pile up", danger.Error() + ".\n\n" +
		"Nothing is lost yet: results wait in the store of nats-server until the database takes them. When the store is full, agents\n" +
		"are refused, and those that cannot keep their results lose them. See whether Postgres is there and keeps up\n" +
		"(gueen_results_batch_seconds, gueen_results_lag_seconds of natsapi), or give the store more room.\n"}
}

func parkedNotice(n int) notice {
	return notice{"Gueen RMM: results that could not be applied", fmt.Sprintf("%d results of agents could not be applied and are kept aside.\n\n", n) +
		"\"rmmctl results parked list\" says why, \"show\" shows one, \"retry\" applies them once the cause is gone, \"delete\" drops them.\n"}
}
