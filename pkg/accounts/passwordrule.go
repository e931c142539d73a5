package accounts

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// DefaultMinPassword is the shortest new password, in characters, where nothing else is set.
const DefaultMinPassword = 8

// passwordProblem says what is wrong with a new password of an account, "" for nothing. It is the one rule for all ways to
// set a password; passwords from before the rule go on working.
func (s *Service) passwordProblem(username, password string) string {
	switch {
	case utf8.RuneCountInString(password) < s.MinPassword:
		return fmt.Sprintf("Ensure this field has at least %d characters.", s.MinPassword)
	case len(password) > MaxPassword:
		return tooLong()
	case strings.EqualFold(strings.TrimSpace(password), username):
		return "The password must not be the username."
	}
	return ""
}

func (s *Service) checkPassword(username, password string) error {
	if problem := s.passwordProblem(username, password); problem != "" {
		return fault.InvalidField("password", problem)
	}
	return nil
}

func tooLong() string {
	return fmt.Sprintf("Ensure this field has no more than %d characters.", MaxPassword)
}
