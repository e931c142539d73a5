package agentsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/agents"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// Note is a remark about a machine (rest-1.md §2).
type Note struct {
	PK        int32     `json:"pk"`
	EntryTime rest.Time `json:"entry_time"`
	Note      *string   `json:"note"`
	Username  *string   `json:"username,omitempty"` // omitted when the author is gone (rest-1.md §1.7)
	AgentID   string    `json:"agent_id"`
}

func toNote(n agents.Note) Note {
	return Note{PK: n.ID, EntryTime: rest.At(n.Entered), Note: n.Text, Username: n.Username, AgentID: n.AgentID}
}

func (h handlers) registerNotes(r *rest.Router) {
	note := func(method, path, id, summary string, p access.Permission) rest.Operation {
		return rest.Operation{
			Method: method, Path: "/agents/notes/" + path, ID: id, Tag: "agents", Summary: summary, Auth: rest.AuthUser,
			Permission: p, Scope: rest.ScopeAgent, Errors: []int{http.StatusNotFound},
		}
	}
	list := note(http.MethodGet, "", "listNotes", "List the notes of all agents", access.ListNotes)
	list.Scope, list.Errors = rest.ScopeList, nil
	rest.Handle(r, list, h.notes)
	rest.Handle(r, one(http.MethodGet, "notes/", "listAgentNotes", "List the notes of an agent", access.ListNotes), h.notesOfAgent)
	rest.Handle(r, note(http.MethodPost, "", "addNote", "Add a note to an agent", access.ManageNotes), h.addNote)
	rest.Handle(r, note(http.MethodGet, "{pk}/", "getNote", "Read a note", access.ListNotes), h.note)
	edit := note(http.MethodPut, "{pk}/", "updateNote", "Change a note", access.ManageNotes)
	edit.Partial = true
	rest.Handle(r, edit, h.editNote)
	rest.Handle(r, note(http.MethodDelete, "{pk}/", "deleteNote", "Delete a note", access.ManageNotes), h.deleteNote)
}

func (h handlers) notes(ctx context.Context, c *rest.Call, _ *struct{}) ([]Note, error) {
	return h.listNotes(ctx, c, 0)
}

func (h handlers) notesOfAgent(ctx context.Context, c *rest.Call, in *agentPath) ([]Note, error) {
	ref, err := h.find(ctx, c, in.AgentID)
	if err != nil {
		return nil, err
	}
	return h.listNotes(ctx, c, ref.PK)
}

func (h handlers) listNotes(ctx context.Context, c *rest.Call, pk int32) ([]Note, error) {
	list, err := h.Agents.Notes(ctx, c.Principal.Scope, pk)
	if err != nil {
		return nil, err
	}
	out := make([]Note, len(list))
	for i, n := range list {
		out[i] = toNote(n)
	}
	return out, nil
}

type addNoteInput struct {
	Body struct {
		AgentID rest.Field[string] `json:"agent_id" rule:"required"`
		Note    rest.Field[string] `json:"note" rule:"null,blank,verbatim,max=100000"`
	}
}

func (h handlers) addNote(ctx context.Context, c *rest.Call, in *addNoteInput) (string, error) {
	ref, err := h.Agents.Find(ctx, c.Principal.Scope, in.Body.AgentID.Value)
	if err != nil {
		return "", err
	}
	if !in.Body.Note.Set {
		return "", fault.Refused("Cannot add an empty note")
	}
	if err := h.Agents.AddNote(ctx, c.Principal, ref.PK, in.Body.Note.Ptr()); err != nil {
		return "", err
	}
	return "Note added!", nil
}

type notePath struct {
	PK int32 `path:"pk"`
}

func (h handlers) note(ctx context.Context, c *rest.Call, in *notePath) (Note, error) {
	n, err := h.Agents.Note(ctx, c.Principal.Scope, in.PK)
	if err != nil {
		return Note{}, err
	}
	return toNote(n), nil
}

type editNoteInput struct {
	PK   int32 `path:"pk"`
	Body struct {
		Note rest.Field[string] `json:"note" rule:"null,blank,verbatim,max=100000"`
	}
}

func (h handlers) editNote(ctx context.Context, c *rest.Call, in *editNoteInput) (string, error) {
	change := agents.NoteChange{SetText: in.Body.Note.Set, Text: in.Body.Note.Ptr()}
	if err := h.Agents.EditNote(ctx, c.Principal.Scope, in.PK, change); err != nil {
		return "", err
	}
	return "Note edited!", nil
}

func (h handlers) deleteNote(ctx context.Context, c *rest.Call, in *notePath) (string, error) {
	if err := h.Agents.DeleteNote(ctx, c.Principal.Scope, in.PK); err != nil {
		return "", err
	}
	return "Note was deleted!", nil
}
