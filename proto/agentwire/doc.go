// Package agentwire holds the messages between agents and the server: MessagePack over NATS (agent-protocol.md §2-3)
// and JSON over HTTP (agent-protocol.md §4).
//
// Deployed agents write the old MessagePack dialect, in which the raw family does not tell text from bytes, signed
// families are used for positive numbers, and lists may be nil. Every decoder here therefore
//
//   - accepts any integer or float family for a number, any raw or bin family for text, and nil for anything,
//   - ignores unknown keys,
//   - returns valid UTF-8 without NUL in every string (PostgreSQL can hold neither),
//   - is bounded: size, nesting and number of values are checked before anything is allocated, and what is allocated is
//     proportional to the bytes received.
//
// Encoders write modern MessagePack, which both generations of agents and servers read.
package agentwire
