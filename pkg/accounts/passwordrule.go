package accounts

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gueencode/gueenrmm/pkg/fault"
)

// DefaultMinPassword is the shortest new password, in characters, where nothing else is set.
const DefaultMinPassword = 8

// similarPart is from where on a password is too much like a word of its owner: twice the length of what they share, by the length
// of both.
const similarPart = 0.7

// passwordProblem says what is wrong with a new password, "" for nothing. It is the one rule for all ways to set a password;
// passwords from before the rule go on working. own are the account's name and what else is known of its owner.
func (s *Service) passwordProblem(password string, own ...string) string {
	switch {
	case utf8.RuneCountInString(password) < s.MinPassword:
		return fmt.Sprintf("Ensure this field has at least %d characters.", s.MinPassword)
	case len(password) > MaxPassword:
		return tooLong()
	case strings.EqualFold(strings.TrimSpace(password), own[0]):
		return "The password must not be the username."
	case slices.ContainsFunc(own, func(word string) bool { return similar(password, word) }):
		return "The password is too similar to the name or the address of its owner."
	case strings.Trim(password, "0123456789") == "":
		return "The password must not be of digits only."
	case isCommon(password):
		return "This password is too common: it is among the first that are tried."
	}
	return ""
}

// similar compares a password with a word of its owner by the longest part that both have, in any case. Words of one or two
// letters say nothing, and long texts are no names.
func similar(password, word string) bool {
	a, b := []rune(strings.ToLower(strings.TrimSpace(password))), []rune(strings.ToLower(strings.TrimSpace(word)))
	if len(b) < 3 || len(a) > 2*maxUsername || len(b) > 2*maxUsername {
		return false
	}
	longest, row := 0, make([]int, len(b)+1)
	for i := range a {
		for j := len(b); j > 0; j-- { // backwards, so that row[j-1] is still that of the letter before
			if a[i] == b[j-1] {
				row[j] = row[j-1] + 1
			} else {
				row[j] = 0
			}
			longest = max(longest, row[j])
		}
	}
	return float64(2*longest) >= similarPart*float64(len(a)+len(b))
}

// words are what a password must not be like: the name, the owner's names, and the address with and without its domain.
func (u User) words() []string {
	local, _, _ := strings.Cut(u.Email, "@")
	return []string{u.Username, u.FirstName, u.LastName, u.FirstName + u.LastName, u.Email, local}
}

func (s *Service) checkPassword(u User, password string) error {
	if problem := s.passwordProblem(password, u.words()...); problem != "" {
		return fault.InvalidField("password", problem)
	}
	return nil
}

func tooLong() string {
	return fmt.Sprintf("Ensure this field has no more than %d characters.", MaxPassword)
}
