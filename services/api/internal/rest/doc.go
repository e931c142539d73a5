// Package rest is the operation layer of the api: it turns operations that are declared as data into routes, reads and
// validates their input by the contract's rules, decides about credentials and permissions before a handler runs, sends
// replies and refusals in the contract's form, and writes the API description (OpenAPI 3.1) from the same declarations.
//
// # Declaring an operation
//
// A context's package (services/api/internal/notesapi) has one Register function that the api's wire.go calls:
//
//	// Register adds the operations of notes.
//	func Register(r *rest.Router, notes *notes.Service) {
//		h := handlers{notes: notes}
//		rest.Handle(r, rest.Operation{
//			Method: http.MethodGet, Path: "/agents/{agent_id}/notes/",
//			ID: "listAgentNotes", Tag: "agents", Summary: "List the notes of an agent",
//			Auth: rest.AuthUser, Permission: access.ListNotes, Scope: rest.ScopeAgent,
//			Errors: []int{http.StatusNotFound},
//		}, h.listOfAgent)
//		rest.Handle(r, rest.Operation{
//			Method: http.MethodPut, Path: "/agents/notes/{pk}/",
//			ID: "updateNote", Tag: "agents", Summary: "Change a note",
//			Auth: rest.AuthUser, Permission: access.ManageNotes, Scope: rest.ScopeAgent, Partial: true,
//			Errors: []int{http.StatusNotFound},
//		}, h.update)
//	}
//
//	// Note is a note as the contract shows it. Output types use json tags; rest.Time and *rest.Time are the moments.
//	type Note struct {
//		PK        int32     `json:"pk"`
//		EntryTime rest.Time `json:"entry_time"`
//		Note      *string   `json:"note"`
//		Username  string    `json:"username,omitempty"` // omitted when the user is gone (rest-1.md §1.7)
//	}
//
//	func (h handlers) listOfAgent(ctx context.Context, c *rest.Call, in *struct {
//		AgentID rest.AgentID `path:"agent_id"` // fewer than 21 characters: the route does not match
//	}) ([]Note, error) {
//		rows, err := h.notes.OfAgent(ctx, c.Principal.Scope, string(in.AgentID)) // fault.NotFound("Agent"), fault.Forbidden()
//		if err != nil {
//			return nil, err // a fault becomes the contract's answer, anything else a logged 500
//		}
//		return toNotes(rows), nil // a nil slice is sent as []
//	}
//
//	// updateNoteInput: the Body is a struct of Fields, each of which knows whether it was absent, null or sent.
//	type updateNoteInput struct {
//		PK   int32 `path:"pk"` // digits only
//		Body struct {
//			Note  rest.Field[string]   `json:"note" rule:"required,max=5000"`
//			User  rest.Field[int32]    `json:"user" rule:"null,ref=user"`
//			Tags  rest.Field[[]string] `json:"tags" rule:"max=7,item.max=50"`
//			Level rest.Field[string]   `json:"level" rule:"choices=info|warning|error"`
//		}
//	}
//
//	func (h handlers) update(ctx context.Context, c *rest.Call, in *updateNoteInput) (string, error) {
//		change := notes.Change{ID: in.PK}
//		in.Body.Note.ApplyNull(&change.Note) // or in.Body.Note.Present(), .Or(default), .Ptr(), .Set, .Null
//		if err := h.notes.Update(ctx, c.Principal, change); err != nil {
//			return "", err
//		}
//		return "Note edited", nil // a bare JSON string
//	}
//
// # What the layer does, in this order
//
// Host allow-list, CORS, path form (HTML 404), demo refusals, Accept and ?format= (406, 404), credential (401), method
// (405), permission (403), throttle (429), body size (413), content type (415), syntax (400), fields (400: field to
// messages, in the order of the fields), keys of other rows (one query per kind), then the handler with a deadline. What
// the handler returns is sent with the operation's status.
//
// # Inputs
//
// Fields of the input struct are tagged path, query or header, or are named Body. Query fields may be pointers (nil: not
// sent), have a `default`, and lists take both a=1&a=2 and a=1,2. A Body may be a struct of Fields, json.RawMessage (any
// JSON) or RawBody (bytes as they came). Rules are described at Field. Whole-object rules go into a Validate(*Errors)
// method of a named body type; contexts report what only the database knows with fault.InvalidField.
//
// # Outputs
//
// Anything that marshals to JSON; Empty for no body; Content for files, pages and plain text; Stream[T] for lists that
// should not be held in memory; any, with Operation.Outputs, where the contract's answer has several types.
//
// # Refusals
//
// Return pkg/fault errors. The contract's routes get the contract's bodies; routes under /v1/ get RFC 9457 problem
// documents whose code is fault.Error.Code. Refuse covers the few statuses that no fault has.
//
// # Where operations are listed and how they are tested
//
// services/api/internal/app builds the services and calls each Register, one call a line. Tests use package resttest:
//
//	api := resttest.New(t)
//	api.With(access.ListNotes).Get("/agents/" + id + "/notes/").OK(&notes)
//	api.As(resttest.Role{Permissions: p, Clients: []int32{1}}).Put("/agents/notes/7/", map[string]any{"note": "x"}).Forbidden()
//	api.Admin().Put("/agents/notes/7/", map[string]any{"note": ""}).Is(400, map[string]any{"note": []string{"This field may not be blank."}})
//
// The kit also compares each successful reply with the API description. `make gen-openapi` writes the description.
package rest
