package alerts

// The statements, for the tests of their plans.
const (
	OpenQuery    = openQuery
	ResolveQuery = resolveQuery
)
