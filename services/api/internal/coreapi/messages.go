package coreapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Texts of the test messages.
const (
	testSubject = "Test from Gueen RMM"
	testMail    = "This is a test message"
	testText    = "Gueen RMM Test SMS"
)

// Mailer sends a test mail to the recipients of the global settings.
type Mailer interface {
	Test(ctx context.Context, subject, body string) error
}

// Texter sends a test text message to the recipients of the global settings.
type Texter interface {
	Test(ctx context.Context, body string) error
}

// Completer asks a language model.
type Completer interface {
	Complete(ctx context.Context, token, model, prompt string) (string, error)
}

func (h handlers) registerMessages(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/core/emailtest/", ID: "testEmail", Tag: "core", Summary: "Send a test mail",
		Auth: rest.AuthUser, Permission: access.EditCoreSettings, NoHead: true, NotInDemo: true, Errors: []int{http.StatusBadRequest},
	}, h.testEmail)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/core/smstest/", ID: "testSMS", Tag: "core", Summary: "Send a test text message",
		Auth: rest.AuthUser, Permission: access.EditCoreSettings, NotInDemo: true, Errors: []int{http.StatusBadRequest},
	}, h.testSMS)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/core/openai/generate/", ID: "generateText", Tag: "core", Summary: "Ask the language model of the global settings",
		Auth: rest.AuthUser, NoPermission: "every signed-in user may write scripts with its help; the token stays here", NotInDemo: true,
		Errors: []int{http.StatusBadRequest},
	}, h.generate)
}

func (h handlers) testEmail(ctx context.Context, _ *rest.Call, _ *struct{}) (string, error) {
	if err := h.Mailer.Test(ctx, testSubject, testMail); err != nil {
		return "", err
	}
	return "Email test ok!", nil
}

func (h handlers) testSMS(ctx context.Context, _ *rest.Call, _ *struct{}) (string, error) {
	if err := h.Texter.Test(ctx, testText); err != nil {
		return "", err
	}
	return "SMS Test sent successfully!", nil
}

type generateInput struct {
	Body struct {
		Prompt rest.Field[string] `json:"prompt" rule:"null,blank,max=100000"`
	}
}

func (h handlers) generate(ctx context.Context, _ *rest.Call, in *generateInput) (string, error) {
	core, err := h.Settings.Get(ctx)
	if err != nil {
		return "", err
	}
	if core.OpenAIToken == nil || *core.OpenAIToken == "" {
		return "", fault.Refused("Open AI API Key not found. Open Global Settings > Open AI.")
	}
	if in.Body.Prompt.Value == "" {
		return "", fault.Refused("Not prompt field found")
	}
	return h.Completer.Complete(ctx, *core.OpenAIToken, core.OpenAIModel, in.Body.Prompt.Value)
}
