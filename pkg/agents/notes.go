package agents

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/fault"
	"github.com/gueencode/gueenrmm/pkg/schema/db/agentsdb"
)

// Note is a remark about a machine. Username is nil when its author's account is gone.
type Note struct {
	ID       int32
	Entered  time.Time
	Text     *string
	Username *string
	AgentID  string
}

// NoteChange is a partial edit; nil keeps.
type NoteChange struct {
	SetText bool
	Text    *string
	AgentPK *int32
	UserID  *int32
}

// Notes returns the notes of one agent (pk), or of every agent of the scope when pk is 0.
func (s *Service) Notes(ctx context.Context, scope access.Scope, pk int32) ([]Note, error) {
	rows, err := s.q.ListNotes(ctx, s.pool, agentsdb.ListNotesParams{
		Agent: pk, Everything: scope.All, Clients: orEmpty(scope.Clients), Sites: orEmpty(scope.Sites),
	})
	if err != nil {
		return nil, fmt.Errorf("list notes: %w", err)
	}
	notes := make([]Note, len(rows))
	for i, r := range rows {
		notes[i] = Note{ID: r.ID, Entered: r.EntryTime, Text: r.Note, Username: r.Username, AgentID: r.AgentID}
	}
	return notes, nil
}

// Note returns one note: not found when there is none, forbidden when its agent is outside the scope.
func (s *Service) Note(ctx context.Context, scope access.Scope, id int32) (Note, error) {
	r, err := s.q.GetNote(ctx, s.pool, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return Note{}, fault.NotFound("Note")
	}
	if err != nil {
		return Note{}, fmt.Errorf("get note: %w", err)
	}
	if !scope.Agent(r.ClientID, r.SiteID) {
		return Note{}, fault.Forbidden()
	}
	return Note{ID: r.ID, Entered: r.EntryTime, Text: r.Note, Username: r.Username, AgentID: r.AgentID}, nil
}

// AddNote stores a note by the actor. Notes are not audited (rest-1.md §5.4).
func (s *Service) AddNote(ctx context.Context, actor *access.Principal, pk int32, text *string) error {
	var user *int32
	if actor.UserID != 0 {
		user = &actor.UserID
	}
	if _, err := s.q.InsertNote(ctx, s.pool, agentsdb.InsertNoteParams{AgentID: pk, UserID: user, Note: text}); err != nil {
		return fmt.Errorf("add note: %w", err)
	}
	return nil
}

// EditNote changes a note of the scope.
func (s *Service) EditNote(ctx context.Context, scope access.Scope, id int32, c NoteChange) error {
	note, err := s.Note(ctx, scope, id)
	if err != nil {
		return err
	}
	if !c.SetText {
		c.Text = note.Text
	}
	err = s.q.UpdateNote(ctx, s.pool, agentsdb.UpdateNoteParams{ID: id, Note: c.Text, AgentID: c.AgentPK, UserID: c.UserID})
	if err != nil {
		return fmt.Errorf("edit note: %w", err)
	}
	return nil
}

// DeleteNote removes a note of the scope.
func (s *Service) DeleteNote(ctx context.Context, scope access.Scope, id int32) error {
	if _, err := s.Note(ctx, scope, id); err != nil {
		return err
	}
	if err := s.q.DeleteNote(ctx, s.pool, id); err != nil {
		return fmt.Errorf("delete note: %w", err)
	}
	return nil
}

func orEmpty(ids []int32) []int32 {
	if ids == nil {
		return []int32{}
	}
	return ids
}
