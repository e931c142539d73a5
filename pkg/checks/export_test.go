package checks

// The hot statements, for the tests that look at their plans.
const (
	DueQuery      = dueQuery
	IntervalQuery = intervalQuery
	AssignedQuery = assignedQuery
	LoadQuery     = loadQuery
	HistoryQuery  = historyQuery
	SaveQuery     = saveQuery
)
