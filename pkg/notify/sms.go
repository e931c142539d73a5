package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/settings"
)

// Refusals that a person can cure in the global settings (rest-1.md §7).
const (
	textNotConfigured = "All fields are required, including at least 1 recipient"
	noTextRecipient   = "No sms recipients found"
)

// TwilioURL is where Twilio takes messages.
const TwilioURL = "https://api.twilio.com"

// Texter sends text messages through Twilio with the account of the global settings.
type Texter struct {
	settings Settings
	base     string
	client   *http.Client
}

// NewTexter returns a Texter that reads its settings for each message; base is TwilioURL outside tests.
func NewTexter(s Settings, base string) *Texter {
	return &Texter{settings: s, base: strings.TrimSuffix(base, "/"), client: &http.Client{
		Timeout: 20 * time.Second, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
	}}
}

// Send sends one message to each recipient; none means those of the global settings. What Twilio does not accept is a
// refusal with its words.
func (t *Texter) Send(ctx context.Context, to []string, body string) error {
	core, err := t.settings.Get(ctx)
	if err != nil {
		return err
	}
	if text(core.TwilioNumber) == "" || text(core.TwilioAccountSID) == "" || text(core.TwilioAuthToken) == "" {
		return fault.Refused(textNotConfigured)
	}
	if len(to) == 0 {
		to = core.SMSAlertRecipients
	}
	if len(to) == 0 {
		return fault.Refused(noTextRecipient)
	}
	var errs []error
	for _, number := range to {
		errs = append(errs, t.send(ctx, core, number, body))
	}
	return errors.Join(errs...)
}

// Test is Send to the recipients of the global settings; whatever goes wrong is a refusal with the reason, for the person
// who is setting text messages up.
func (t *Texter) Test(ctx context.Context, body string) error {
	if _, err := t.settings.Get(ctx); err != nil {
		return err
	}
	err := t.Send(ctx, nil, body)
	if err != nil && fault.KindOf(err) == "" {
		return fault.Refused(err.Error())
	}
	return err
}

func (t *Texter) send(ctx context.Context, core settings.Core, number, body string) error {
	form := url.Values{"To": {number}, "From": {text(core.TwilioNumber)}, "Body": {body}}
	address := t.base + "/2010-04-01/Accounts/" + url.PathEscape(text(core.TwilioAccountSID)) + "/Messages.json"
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return fmt.Errorf("send text message: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(text(core.TwilioAccountSID), text(core.TwilioAuthToken))
	resp, err := t.client.Do(req)
	if err != nil {
		return fmt.Errorf("send text message: %w", err)
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return fmt.Errorf("send text message: read answer: %w", err)
	}
	if resp.StatusCode < http.StatusBadRequest {
		return nil
	}
	var problem struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(raw, &problem) != nil || problem.Message == "" {
		problem.Message = "the service answers with status " + resp.Status
	}
	if resp.StatusCode >= http.StatusInternalServerError || resp.StatusCode == http.StatusTooManyRequests {
		return fmt.Errorf("send text message: %s", problem.Message)
	}
	return fault.Refused(problem.Message)
}
