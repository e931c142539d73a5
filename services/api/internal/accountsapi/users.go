package accountsapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/gueencode/gueenrmm/pkg/access"
	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// User is an account.
type User struct {
	ID                  int32      `json:"id"`
	Username            string     `json:"username"`
	FirstName           string     `json:"first_name"`
	LastName            string     `json:"last_name"`
	Email               string     `json:"email"`
	IsActive            bool       `json:"is_active"`
	LastLogin           *rest.Time `json:"last_login"`
	LastLoginIP         *string    `json:"last_login_ip"`
	Role                *int32     `json:"role"`
	BlockDashboardLogin bool       `json:"block_dashboard_login"`
	DateFormat          *string    `json:"date_format"`
}

// UserListItem is an account in the list.
type UserListItem struct {
	User
	SocialAccounts []SocialAccount `json:"social_accounts"`
}

// SocialAccount is an account at an identity provider. Without single sign-on there is none.
type SocialAccount struct {
	UID        string          `json:"uid"`
	Provider   string          `json:"provider"`
	Display    string          `json:"display"`
	LastLogin  rest.Time       `json:"last_login"`
	DateJoined rest.Time       `json:"date_joined"`
	ExtraData  json.RawMessage `json:"extra_data"`
}

func toUser(u accounts.User) User {
	return User{ID: u.ID, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email, IsActive: u.IsActive,
		LastLogin: rest.AtPtr(u.LastLogin), LastLoginIP: u.LastLoginIP, Role: u.Role, BlockDashboardLogin: u.BlockDashboardLogin,
		DateFormat: u.DateFormat}
}

func (h handlers) registerUsers(r *rest.Router) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/accounts/users/", ID: "listUsers", Tag: tag, Summary: "List accounts",
		Auth: rest.AuthUser, Permission: access.ListAccounts,
	}, h.listUsers)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/accounts/users/", ID: "createUser", Tag: tag, Summary: "Create an account",
		Auth: rest.AuthUser, Permission: access.ManageAccounts, Errors: []int{http.StatusNotFound},
	}, h.createUser)
	rest.Handle(r, rest.Operation{
		Method: http.MethodGet, Path: "/accounts/{pk}/users/", ID: "getUser", Tag: tag, Summary: "Get an account",
		Auth: rest.AuthUser, Permission: access.ListAccounts, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, _ *rest.Call, in *byPK) (User, error) {
		u, err := h.accounts.User(ctx, in.PK)
		return toUser(u), err
	})
	rest.Handle(r, rest.Operation{
		Method: http.MethodPut, Path: "/accounts/{pk}/users/", ID: "updateUser", Tag: tag, Summary: "Change an account",
		Auth: rest.AuthUser, Permission: access.ManageAccounts, Partial: true, Errors: []int{http.StatusNotFound},
	}, h.updateUser)
	rest.Handle(r, rest.Operation{
		Method: http.MethodDelete, Path: "/accounts/{pk}/users/", ID: "deleteUser", Tag: tag, Summary: "Delete an account",
		Auth: rest.AuthUser, Permission: access.ManageAccounts, Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, _ *rest.Call, in *byPK) (string, error) {
		return done(h.accounts.Delete(ctx, in.PK))
	})
}

func (h handlers) listUsers(ctx context.Context, _ *rest.Call, in *struct {
	Search string `query:"search" doc:"Part of the user name, in any case."`
}) ([]UserListItem, error) {
	users, err := h.accounts.Users(ctx, in.Search)
	if err != nil {
		return nil, err
	}
	out := make([]UserListItem, len(users))
	for i, u := range users {
		out[i] = UserListItem{User: toUser(u), SocialAccounts: []SocialAccount{}}
	}
	return out, nil
}

type createUserInput struct {
	Body struct {
		Username  rest.Field[string]          `json:"username" rule:"required,blank"`
		Email     rest.Field[string]          `json:"email" rule:"required,blank,max=254"`
		Password  rest.Field[string]          `json:"password" rule:"required,verbatim,max=4096"`
		FirstName rest.Field[string]          `json:"first_name" rule:"blank,max=150,pattern=name"`
		LastName  rest.Field[string]          `json:"last_name" rule:"blank,max=150,pattern=name"`
		Role      rest.Field[json.RawMessage] `json:"role" rule:"null" doc:"Key of a role; anything but a JSON number is ignored."`
	}
}

func (h handlers) createUser(ctx context.Context, _ *rest.Call, in *createUserInput) (string, error) {
	b := &in.Body
	n := accounts.NewUser{Username: b.Username.Value, Email: b.Email.Value, Password: b.Password.Value,
		FirstName: b.FirstName.Value, LastName: b.LastName.Value}
	var role int32
	if b.Role.Present() && json.Unmarshal(b.Role.Value, &role) == nil {
		n.Role = &role
	}
	u, err := h.accounts.Create(ctx, n)
	return u.Username, err
}

type updateUserInput struct {
	PK   int32 `path:"pk"`
	Body struct {
		Username            rest.Field[string]    `json:"username" rule:"max=150"`
		FirstName           rest.Field[string]    `json:"first_name" rule:"blank,max=150,pattern=name"`
		LastName            rest.Field[string]    `json:"last_name" rule:"blank,max=150,pattern=name"`
		Email               rest.Field[string]    `json:"email" rule:"blank,max=254,pattern=email"`
		IsActive            rest.Field[bool]      `json:"is_active"`
		LastLogin           rest.Field[time.Time] `json:"last_login" rule:"null"`
		LastLoginIP         rest.Field[string]    `json:"last_login_ip" rule:"null,blank,pattern=ip"`
		Role                rest.Field[int32]     `json:"role" rule:"null,ref=role"`
		BlockDashboardLogin rest.Field[bool]      `json:"block_dashboard_login"`
		DateFormat          rest.Field[string]    `json:"date_format" rule:"null,blank,max=30,pattern=name"`
	}
}

func (h handlers) updateUser(ctx context.Context, _ *rest.Call, in *updateUserInput) (string, error) {
	b := &in.Body
	return done(h.accounts.Update(ctx, in.PK, func(u *accounts.User) {
		b.Username.Apply(&u.Username)
		b.FirstName.Apply(&u.FirstName)
		b.LastName.Apply(&u.LastName)
		b.Email.Apply(&u.Email)
		b.IsActive.Apply(&u.IsActive)
		b.LastLogin.ApplyNull(&u.LastLogin)
		b.LastLoginIP.ApplyNull(&u.LastLoginIP)
		if u.LastLoginIP != nil && *u.LastLoginIP == "" {
			u.LastLoginIP = nil
		}
		b.Role.ApplyNull(&u.Role)
		b.BlockDashboardLogin.Apply(&u.BlockDashboardLogin)
		b.DateFormat.ApplyNull(&u.DateFormat)
	}))
}
