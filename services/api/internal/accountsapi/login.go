package accountsapi

import (
	"context"
	"net/http"

	"github.com/gueencode/gueenrmm/pkg/accounts"
	"github.com/gueencode/gueenrmm/services/api/internal/rest"
)

// SecondFactorWanted is step one's answer to an account with a second factor.
type SecondFactorWanted struct {
	TOTP bool `json:"totp"`
}

// SecondFactorMissing is step one's answer to an account without: a token that is good for setting it up.
type SecondFactorMissing struct {
	Expiry rest.Time `json:"expiry"`
	Token  string    `json:"token"`
	TOTP   bool      `json:"totp"`
}

// SessionToken is the answer to a sign-in.
type SessionToken struct {
	Expiry   rest.Time `json:"expiry"`
	Token    string    `json:"token"`
	Username string    `json:"username"`
	Name     *string   `json:"name"` // only single sign-on fills it
}

const publicLogin = "This is how a caller gets a credential; throttled by address."

func (h handlers) registerLogin(r *rest.Router, throttles Throttles) {
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/v2/checkcreds/", ID: "checkCredentials", Tag: tag, Summary: "Check name and password",
		Description: "Step one of the login dialogue. The token in the answer lives three minutes and only sets up the second factor.",
		Auth:        rest.AuthPublic, NoPermission: publicLogin, Throttle: &throttles.CheckCredentials, Unaudited: "refusals have their row, and the login that follows",
		Outputs: []any{SecondFactorWanted{}, SecondFactorMissing{}},
	}, h.checkCredentials)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/v2/login/", ID: "login", Tag: tag, Summary: "Sign in with name, password and second factor",
		Auth: rest.AuthPublic, NoPermission: publicLogin, Throttle: &throttles.Login, Unaudited: "successes and refusals have their rows",
	}, h.login)
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/logout/", ID: "logout", Tag: tag, Summary: "End the presented session",
		Auth: rest.AuthSession, LatePermission: ownRow, Scope: rest.ScopeSelf,
		Status: http.StatusNoContent, AllowSetup: true,
	}, func(ctx context.Context, c *rest.Call, _ *none) (rest.Empty, error) {
		// The installer's tokens are in every install link: whoever holds one must not end it, and all links with it.
		if err := person(c); err != nil {
			return rest.Empty{}, err
		}
		return rest.Empty{}, h.accounts.Logout(ctx, c.Principal)
	})
	rest.Handle(r, rest.Operation{
		Method: http.MethodPost, Path: "/logoutall/", ID: "logoutEverywhere", Tag: tag, Summary: "End every session of the caller",
		Auth: rest.AuthSession, LatePermission: ownRow, Scope: rest.ScopeSelf,
		Status: http.StatusNoContent, AllowSetup: true,
	}, func(ctx context.Context, c *rest.Call, _ *none) (rest.Empty, error) {
		if err := person(c); err != nil {
			return rest.Empty{}, err
		}
		return rest.Empty{}, h.accounts.LogoutAll(ctx, c.Principal)
	})
}

// The fields that the reference would crash without count as wrong credentials, so that nothing is told to a guesser.
type checkCredentialsInput struct {
	Body struct {
		Username rest.Field[string] `json:"username" rule:"blank,max=1000"`
		Password rest.Field[string] `json:"password" rule:"blank,verbatim,max=4096"`
	}
}

func (h handlers) checkCredentials(ctx context.Context, c *rest.Call, in *checkCredentialsInput) (any, error) {
	step, err := h.accounts.CheckCredentials(ctx, accounts.Credentials{
		Username: in.Body.Username.Value, Password: in.Body.Password.Value, IP: c.Principal.IP,
	})
	if err != nil {
		return nil, err
	}
	c.Header().Set("Cache-Control", "no-store")
	if step.TOTP {
		return SecondFactorWanted{TOTP: true}, nil
	}
	return SecondFactorMissing{Expiry: rest.At(step.Expiry), Token: step.Token}, nil
}

type loginInput struct {
	Body struct {
		Username  rest.Field[string] `json:"username" rule:"required,max=1000"`
		Password  rest.Field[string] `json:"password" rule:"required,verbatim,max=4096"`
		TwoFactor rest.Field[string] `json:"twofactor" rule:"blank,max=100"`
	}
}

func (h handlers) login(ctx context.Context, c *rest.Call, in *loginInput) (SessionToken, error) {
	token, err := h.accounts.Login(ctx, accounts.Credentials{
		Username: in.Body.Username.Value, Password: in.Body.Password.Value, Code: in.Body.TwoFactor.Value, IP: c.Principal.IP,
	})
	c.Header().Set("Cache-Control", "no-store")
	return SessionToken{Expiry: rest.At(token.Expiry), Token: token.Token, Username: token.Username}, err
}
