package command

import "sync"

const (
	maxRemembered    = 1024
	maxRememberedLen = 16 << 10 // bytes of one answer; larger ones are remembered as having been given
)

// memory knows the commands of late and their answers.
type memory struct {
	mu      sync.Mutex
	order   []string
	answers map[string][]byte // nil while the command runs or when the answer was large
}

func newMemory() *memory { return &memory{answers: map[string][]byte{}} }

// begin notes a command. For one that is known it returns false and the answer, if that is there.
func (m *memory) begin(key string) (answer []byte, first bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if answer, known := m.answers[key]; known {
		return answer, false
	}
	m.answers[key] = nil
	m.order = append(m.order, key)
	if len(m.order) > maxRemembered {
		delete(m.answers, m.order[0])
		m.order = m.order[1:]
	}
	return nil, true
}

// done keeps the answer.
func (m *memory) done(key string, answer []byte) {
	if key == "" || len(answer) > maxRememberedLen {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, known := m.answers[key]; known {
		m.answers[key] = answer
	}
}
