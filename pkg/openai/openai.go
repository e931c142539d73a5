// Package openai asks a chat-completion service for a text (rest-1.md §7, domain.md §13.1).
package openai

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// Limits of one completion.
const (
	timeout     = 50 * time.Second
	maxTokens   = 1000
	temperature = 0.5
	maxAnswer   = 1 << 20
)

// Client asks one service.
type Client struct {
	url  string
	http *http.Client
}

// New returns a client of the service at the address of its chat-completions call.
func New(url string) *Client {
	return &Client{url: url, http: &http.Client{
		Timeout: timeout, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true},
	}}
}

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type question struct {
	Model       string    `json:"model"`
	Messages    []message `json:"messages"`
	Temperature float64   `json:"temperature"`
	MaxTokens   int       `json:"max_tokens"`
}

type reply struct {
	Choices []struct {
		Message message `json:"message"`
	} `json:"choices"`
	Error *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// Complete returns the answer to a prompt. Whatever goes wrong outside is a refusal with the reason, for the person who asked.
func (c *Client) Complete(ctx context.Context, token, model, prompt string) (string, error) {
	body, err := json.Marshal(question{Model: model, Messages: []message{{"user", prompt}}, Temperature: temperature, MaxTokens: maxTokens})
	if err != nil {
		return "", fmt.Errorf("ask for completion: encode: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return "", fmt.Errorf("ask for completion: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := c.http.Do(req)
	if err != nil {
		return "", fault.Refused(err.Error())
	}
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return "", fault.Refused(err.Error())
	}
	var r reply
	err = json.Unmarshal(raw, &r)
	switch {
	case err == nil && r.Error != nil:
		return "", fault.Refused("The Open AI API returned an error: " + r.Error.Message)
	case resp.StatusCode >= http.StatusBadRequest, err != nil, len(r.Choices) == 0:
		return "", fault.Refused("The Open AI API returned an error: status " + strings.TrimSpace(resp.Status))
	}
	return r.Choices[0].Message.Content, nil
}
