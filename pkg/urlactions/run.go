package urlactions

import (
	"context"
	"fmt"
	"strings"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/audit"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/variables"
)

// Subject is what an action is about: an agent, a site, a client, or nothing when all are empty.
type Subject struct {
	AgentID string
	SiteID  *int32
	Client  *int32
}

// subject is a Subject that was found inside the actor's scope.
type subject struct {
	kind    variables.Root // Global: none
	pk      int32
	name    string
	agent   string // host name, for agents only
	agentID string
}

// class is how messages call the kind.
func (s subject) class() string {
	switch s.kind {
	case variables.Agent:
		return "Agent"
	case variables.Site:
		return "Site"
	case variables.Client:
		return "Client"
	default:
		return "NoneType"
	}
}

func (s *Service) find(ctx context.Context, scope access.Scope, of Subject) (subject, error) {
	switch {
	case of.AgentID != "":
		ref, err := s.subjects.Find(ctx, scope, of.AgentID)
		return subject{kind: variables.Agent, pk: ref.PK, name: ref.Hostname, agent: ref.Hostname, agentID: ref.AgentID}, err
	case of.SiteID != nil:
		_, name, err := s.subjects.RequireSite(ctx, scope, *of.SiteID)
		return subject{kind: variables.Site, pk: *of.SiteID, name: name}, err
	case of.Client != nil:
		name, err := s.subjects.RequireClient(ctx, scope, *of.Client)
		return subject{kind: variables.Client, pk: *of.Client, name: name}, err
	default:
		return subject{kind: variables.Global, name: "None"}, nil
	}
}

// data reads what the placeholders of the texts can reach.
func (s *Service) data(ctx context.Context, of subject, texts ...string) (*variables.Data, error) {
	if of.kind != variables.Agent {
		return s.subjects.PlaceVariables(ctx, of.kind, of.pk, texts)
	}
	// Each line by itself: the look for placeholders reads first lines only.
	found, err := s.subjects.Variables(ctx, []int32{of.pk}, strings.Split(strings.Join(texts, "\n"), "\n"))
	if err != nil {
		return nil, err
	}
	return found[of.pk], nil
}

// Run returns the address of a stored action for a subject. Nothing is fetched.
func (s *Service) Run(ctx context.Context, actor *access.Principal, of Subject, id int32) (string, error) {
	if of == (Subject{}) {
		return "", fault.Refused("received an incorrect request")
	}
	about, err := s.find(ctx, actor.Scope, of)
	if err != nil {
		return "", err
	}
	action, err := s.Get(ctx, id)
	if err != nil {
		return "", err
	}
	data, err := s.data(ctx, about, action.Pattern)
	if err != nil {
		return "", err
	}
	err = s.audit.Record(ctx, s.pool, audit.Entry{
		Username: actor.Username, Action: audit.URLAction, ObjectType: string(about.kind), Agent: about.agent, AgentID: about.agentID,
		Message: fmt.Sprintf("%s ran url action: %s on %s: %s", actor.Username, action.Pattern, about.class(), about.name),
	})
	if err != nil {
		return "", err
	}
	return Quote(data.Plain(action.Pattern, nil)), nil
}

// Tested is the outcome of a test.
type Tested struct {
	URL    string
	Result string  // the beginning of the answer, or why there is none
	Body   *string // as filled; nil when none is sent
}

// Test fills a hook for a subject and calls it. A failed call is an outcome, not an error. The key store is reached only by
// those who may read it: the hook is theirs and could show them any entry.
func (s *Service) Test(ctx context.Context, actor *access.Principal, of Subject, hook Hook) (Tested, error) {
	about, err := s.find(ctx, actor.Scope, of)
	if err != nil {
		return Tested{}, err
	}
	data, err := s.data(ctx, about, hook.Pattern, hook.Body, hook.Headers)
	if err != nil {
		return Tested{}, err
	}
	if data != nil && !actor.Can(access.ViewKeyStore) {
		limited := *data
		limited.Globals = nil
		data = &limited
	}
	request := hook.Fill(data)
	kind := string(about.kind)
	if about.kind == variables.Global {
		kind = "nonetype"
	}
	err = s.audit.Record(ctx, s.pool, audit.Entry{
		Username: actor.Username, Action: audit.URLAction, ObjectType: kind, Agent: about.agent, AgentID: about.agentID,
		Message: fmt.Sprintf("%s tested url action: %s on %s: %s", actor.Username, request.URL, about.class(), about.name),
		Debug:   map[string]any{"ip": actor.IP, "body": request.Body, "headers": maskHeaders(request.Headers)},
	})
	if err != nil {
		return Tested{}, err
	}
	out := Tested{URL: request.URL}
	if request.Sent != nil {
		out.Body = &request.Body
	}
	answer, err := s.caller.Call(ctx, request)
	out.Result = answer.Text
	if err != nil {
		out.Result = err.Error()
	}
	return out, nil
}

// maskHeaders keeps credentials out of the audit log.
func maskHeaders(headers map[string]string) map[string]string {
	out := make(map[string]string, len(headers))
	for name, value := range headers {
		out[name] = value
		lower := strings.ToLower(name)
		for _, word := range []string{"auth", "token", "key", "secret", "cookie", "password", "signature"} {
			if strings.Contains(lower, word) {
				out[name] = "********"
			}
		}
	}
	return out
}
