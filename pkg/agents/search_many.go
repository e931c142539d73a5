package agents

import (
	"context"
	"fmt"
)

// SearchMany returns agents in the form of search rows, in no particular order; ids that are not known are left out. It
// is not limited to a scope: live updates use it and look at the placement of each row before they hand it on.
func (s *Service) SearchMany(ctx context.Context, agentIDs []string) ([]SearchRow, error) {
	found, err := s.pool.Query(ctx, searchColumns+
		"SELECT x.id AS agent_id, '' AS k FROM agents x WHERE x.agent_id = ANY ($1::text[])"+searchJoins, agentIDs)
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	rows, _, err := scanSearch(found, s.now())
	if err != nil {
		return nil, fmt.Errorf("read agents: %w", err)
	}
	return rows, nil
}
