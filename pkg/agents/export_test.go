package agents

// SearchSQL is searchSQL, for plans and fuzzing.
var SearchSQL = searchSQL
