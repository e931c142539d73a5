package actions

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/version"
	"github.com/gueencode/gueenrmm/proto/agentwire"
)

// registrySince is the first agent version with a registry browser.
const registrySince = "2.10.0"

const registryWait = 30 * time.Second

// RegistryPage is a part of the registry as the agent shows it.
type RegistryPage struct {
	Path    string
	SubKeys json.RawMessage
	Values  json.RawMessage
	HasMore bool
}

// RegistryValue is a value of a key. Data has the form that the agent gives or takes: text, or a list.
type RegistryValue struct {
	Name string
	Type string
	Data json.RawMessage
}

// RequireRegistry refuses agents without a registry browser; it comes before any look at the parameters.
func RequireRegistry(ref agents.Ref) error {
	if !version.AtLeast(ref.Version, registrySince) {
		return fault.Refused("This feature requires agent version " + registrySince + " or higher.")
	}
	return nil
}

// registry asks for one operation and returns the agent's object. Title names the operation in the refusal.
func (s *Service) registry(ctx context.Context, ref agents.Ref, fn, title string, payload map[string]string, wait time.Duration) (map[string]json.RawMessage, error) {
	a, err := s.ask(ctx, ref, agentwire.Command{Func: fn, Payload: payload}, wait)
	if err != nil {
		return nil, err
	}
	if a.word != "" {
		return nil, fault.Refused(unable)
	}
	reply := map[string]json.RawMessage{}
	if err := a.reply.Decode(&reply); err != nil {
		return nil, fault.Refused("NATS communication failed: unexpected reply")
	}
	var problem string
	if raw, failed := reply["error"]; failed && json.Unmarshal(raw, &problem) == nil && problem != "" {
		return nil, fault.Refused(title + " failed: " + problem)
	}
	return reply, nil
}

// BrowseRegistry reads one page of a key; pages beyond the first exist only where the one before said so.
func (s *Service) BrowseRegistry(ctx context.Context, ref agents.Ref, path, page, pageSize string) (RegistryPage, error) {
	if strings.EqualFold(path, "computer") || path == "" {
		path = "Computer"
	}
	payload := map[string]string{"path": path, "page": page, "page_size": pageSize}
	reply, err := s.registry(ctx, ref, agentwire.FuncRegistryBrowse, "Registry Browse", payload, registryWait)
	if err != nil {
		return RegistryPage{}, err
	}
	out := RegistryPage{Path: path, SubKeys: orList(reply["subkeys"]), Values: orList(reply["values"])}
	take(reply["path"], &out.Path)
	take(reply["has_more"], &out.HasMore)
	return out, nil
}

// CreateRegistryKey adds a key.
func (s *Service) CreateRegistryKey(ctx context.Context, ref agents.Ref, path string) error {
	_, err := s.registry(ctx, ref, agentwire.FuncRegistryCreateKey, "Registry Create Key", map[string]string{"path": path}, registryWait)
	return err
}

// DeleteRegistryKey removes a key and all below it.
func (s *Service) DeleteRegistryKey(ctx context.Context, ref agents.Ref, path string) error {
	_, err := s.registry(ctx, ref, agentwire.FuncRegistryDeleteKey, "Registry Delete Key", map[string]string{"path": path}, registryWait)
	return err
}

// RenameRegistryKey moves a key, which the agent does by copying it.
func (s *Service) RenameRegistryKey(ctx context.Context, ref agents.Ref, from, to string) error {
	payload := map[string]string{"old_path": from, "new_path": to}
	_, err := s.registry(ctx, ref, agentwire.FuncRegistryRenameKey, "Registry Rename Key", payload, 2*registryWait)
	return err
}

// CreateRegistryValue adds a value and returns it as the agent stored it.
func (s *Service) CreateRegistryValue(ctx context.Context, ref agents.Ref, path string, v RegistryValue) (RegistryValue, error) {
	return s.writeValue(ctx, ref, agentwire.FuncRegistryCreateVal, "Registry Create Value", path, v)
}

// ModifyRegistryValue changes a value and returns it as the agent stored it.
func (s *Service) ModifyRegistryValue(ctx context.Context, ref agents.Ref, path string, v RegistryValue) (RegistryValue, error) {
	return s.writeValue(ctx, ref, agentwire.FuncRegistryModifyVal, "Registry Modify Value", path, v)
}

func (s *Service) writeValue(ctx context.Context, ref agents.Ref, fn, title, path string, v RegistryValue) (RegistryValue, error) {
	payload := map[string]string{"path": path, "name": v.Name, "type": v.Type, "data": stringify(v.Data)}
	reply, err := s.registry(ctx, ref, fn, title, payload, registryWait)
	if err != nil {
		return RegistryValue{}, err
	}
	take(reply["name"], &v.Name)
	take(reply["type"], &v.Type)
	if data, ok := reply["data"]; ok {
		v.Data = data
	}
	return v, nil
}

// DeleteRegistryValue removes a value.
func (s *Service) DeleteRegistryValue(ctx context.Context, ref agents.Ref, path, name string) error {
	payload := map[string]string{"path": path, "name": name}
	_, err := s.registry(ctx, ref, agentwire.FuncRegistryDeleteVal, "Registry Delete Value", payload, registryWait)
	return err
}

// RenameRegistryValue renames a value.
func (s *Service) RenameRegistryValue(ctx context.Context, ref agents.Ref, path, from, to string) error {
	payload := map[string]string{"path": path, "old_name": from, "new_name": to}
	_, err := s.registry(ctx, ref, agentwire.FuncRegistryRenameVal, "Registry Rename Value", payload, registryWait)
	return err
}

// stringify turns the data of a browser into the text that agents take: they drop a command with anything else in its
// payload (agent-protocol.md §3.4).
func stringify(data json.RawMessage) string {
	if len(data) == 0 || string(data) == "null" {
		return ""
	}
	var text string
	if json.Unmarshal(data, &text) == nil {
		return text
	}
	return string(data)
}

func orList(raw json.RawMessage) json.RawMessage {
	if len(raw) == 0 || string(raw) == "null" {
		return json.RawMessage("[]")
	}
	return raw
}

// take reads an optional member; one of another type keeps what there was.
func take[T any](raw json.RawMessage, dst *T) {
	var v T
	if len(raw) > 0 && string(raw) != "null" && json.Unmarshal(raw, &v) == nil {
		*dst = v
	}
}
