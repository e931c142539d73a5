// Package faults breaks a running product under load and counts: what was acknowledged against what is in the database,
// what was asked of background work against what it did. It has tests only; the load is that of pkg simulate.
//
// The tests have two forms. The short one is part of `make test`; `make chaos` sets FAULTS=long, which makes fleets larger
// and outages longer and leaves nothing out.
package faults
