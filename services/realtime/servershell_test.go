package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

const (
	shellPath = "/ws/trmmcli/"
	totpKey   = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
)

// operator makes a user who may use the server's terminal, with a second factor.
func (b *bundle) operator(t *testing.T, name string) (token string) {
	t.Helper()
	token = b.user(t, name, []string{"can_use_webterm"})
	_, err := b.pool.Exec(t.Context(), `UPDATE users SET totp_key = $2, totp_last_step = 1 WHERE username = $1`, name, totpKey)
	require.NoError(t, err)
	return token
}

func (b *bundle) allowShell(t *testing.T, on bool) {
	t.Helper()
	_, err := b.pool.Exec(t.Context(), `UPDATE core_settings SET enable_server_webterminal = $1`, on)
	require.NoError(t, err)
}

// codeAt is the one-time code some steps from now.
func codeAt(t *testing.T, steps int64) string {
	t.Helper()
	key, err := base32.StdEncoding.DecodeString(totpKey)
	require.NoError(t, err)
	mac := hmac.New(sha1.New, key)
	require.NoError(t, binary.Write(mac, binary.BigEndian, time.Now().Unix()/30+steps))
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000)
}

// forget lets a code be good once more: those of other steps are good only while the clock does not go on.
func (b *bundle) forget(t *testing.T) {
	t.Helper()
	_, err := b.pool.Exec(t.Context(), `UPDATE users SET totp_last_step = 1 WHERE totp_last_step IS NOT NULL`)
	require.NoError(t, err)
}

// until reads output until it holds the text.
func until(t *testing.T, conn *websocket.Conn, text string) string {
	t.Helper()
	got := ""
	for !strings.Contains(got, text) {
		f := read(t, conn)
		require.Equal(t, "trmmcli.output", f["action"])
		data, ok := f["data"].(map[string]any)
		require.True(t, ok)
		got += data["output"].(string) //nolint:forcetypeassert // a test
	}
	return got
}

func keys(t *testing.T, conn *websocket.Conn, text string) {
	t.Helper()
	text = strings.NewReplacer("\r", `\r`, `"`, `\"`, "\x03", `\u0003`, "\x7f", `\u007f`).Replace(text)
	write(t, conn, `{"action":"trmmcli.input","data":{"input":"`+text+`"}}`)
}

func TestServerShell(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.allowShell(t, true)
	conn := b.dial(t, shellPath, b.operator(t, "op"))
	write(t, conn, `{"action":"trmmcli.resize","data":{"rows":33,"cols":101}}`)
	until(t, conn, "One-time code: ")
	keys(t, conn, "00000x\x7f0\r")
	require.Contains(t, until(t, conn, "Wrong code.\r\nOne-time code: "), "*", "what is typed does not show")
	keys(t, conn, codeAt(t, 0)+"\r")
	keys(t, conn, "stty size; env | grep -c GUEEN; echo $TERM; echo ü$((40+2))\r")
	out := until(t, conn, "ü42")
	require.Contains(t, out, "33 101")
	write(t, conn, `{"action":"trmmcli.resize","data":{"rows":44,"cols":102}}`)
	keys(t, conn, "stty size\r")
	until(t, conn, "44 102")
	require.Contains(t, out, "\r\n0\r\n", "the service's settings are not in the environment")
	require.Contains(t, out, "xterm")
	require.Equal(t, "remote_session op opened the server's terminal Tactical RMM Server N/A 127.0.0.1",
		b.text(t, `SELECT action || ' ' || message || ' ' || agent || ' ' || agent_id || ' ' || (debug_info ->> 'ip') FROM audit_log WHERE action = 'remote_session' AND message LIKE '%opened%'`))

	write(t, conn, `{"action":"trmmcli.disconnect"}`)
	until(t, conn, "Terminal killed!")
	require.Equal(t, 4030, closeCode(t, conn))
	b.becomes(t, "1", `SELECT count(*)::text FROM audit_log WHERE message = 'op closed the server''s terminal'`)
}

func TestServerShellEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.allowShell(t, true)
	token := b.operator(t, "op")
	conn := b.dial(t, shellPath, token)
	keys(t, conn, codeAt(t, 0)+"\r")
	// A program that outlives the shell and keeps the terminal open does not keep the socket.
	keys(t, conn, "(trap '' HUP; sleep 30) & disown; exit\r")
	require.Equal(t, 4030, closeCode(t, conn))

	// The browser goes without a word.
	b.forget(t)
	conn = b.dial(t, shellPath, token)
	keys(t, conn, codeAt(t, 0)+"\r")
	keys(t, conn, "echo pid=$$=\r")
	until(t, conn, "pid=")
	require.NoError(t, conn.CloseNow())
	b.becomes(t, "2", `SELECT count(*)::text FROM audit_log WHERE message LIKE '%closed%'`)

	// The switch is turned off, or the session ends, while the terminal is open.
	b.forget(t)
	conn = b.dial(t, shellPath, token)
	keys(t, conn, codeAt(t, 0)+"\r")
	keys(t, conn, "echo on$((1+1))\r")
	until(t, conn, "on2")
	b.allowShell(t, false)
	require.Equal(t, 4401, closeCode(t, conn))
}

func TestServerShellRefuses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	admin := b.operator(t, "off")
	conn := b.dial(t, shellPath, admin)
	require.Equal(t, 4401, closeCode(t, conn), "off by default")
	b.allowShell(t, true)
	require.Equal(t, 4401, closeCode(t, b.dial(t, shellPath, b.user(t, "nobody", []string{"can_use_terminal"}))))
	require.Equal(t, 4401, closeCode(t, b.dial(t, shellPath, strings.Repeat("0", 64))))
	_, status := b.dialAt(t, b.address, shellPath, admin, http.Header{"Origin": {"https://evil.example.com"}})
	require.Equal(t, http.StatusForbidden, status)

	conn = b.dial(t, shellPath, b.user(t, "plain", nil))
	keys(t, conn, "123456\r")
	until(t, conn, "Set up a second factor first.")
	require.Equal(t, 4030, closeCode(t, conn))

	// A stolen session can reset the second factor and set up one of its own.
	token := b.user(t, "stolen", []string{"can_use_webterm"})
	_, err := b.pool.Exec(t.Context(), `UPDATE users SET totp_key = $1, totp_last_step = NULL WHERE username = 'stolen'`, totpKey)
	require.NoError(t, err)
	conn = b.dial(t, shellPath, token)
	keys(t, conn, codeAt(t, 0)+"\r")
	until(t, conn, "sign in with it first.")
	require.Equal(t, 4030, closeCode(t, conn))

	conn = b.dial(t, shellPath, admin)
	for _, bad := range []string{"nonsense", `{"action":"start"}`, `{"action":"trmmcli.resize","data":{"rows":-1,"cols":5}}`} {
		write(t, conn, bad) // counted and left
	}
	code := codeAt(t, 0)
	keys(t, conn, code+"\recho not for the shell\r")
	keys(t, conn, "echo sh$((1+1))\r")
	require.NotContains(t, until(t, conn, "sh2"), "not for the shell")
	again := b.dial(t, shellPath, admin)
	keys(t, again, code+"\r")
	until(t, again, "Wrong code.")
	keys(t, again, "\x03")
	require.Equal(t, 4030, closeCode(t, again), "a code is good once")

	for range 7 { // three wrong codes each
		conn := b.dial(t, shellPath, admin)
		keys(t, conn, "abc\r")
		keys(t, conn, "abc\r")
		keys(t, conn, "abc\r")
		require.Equal(t, 4030, closeCode(t, conn))
	}
	conn = b.dial(t, shellPath, admin)
	keys(t, conn, codeAt(t, 2)+"\r")
	until(t, conn, "Request was throttled.")
	require.Equal(t, 4030, closeCode(t, conn))
	require.Equal(t, "20", b.text(t, `SELECT count(*)::text FROM audit_log WHERE action = 'failed_login'`))
}

// TestServerShellIsAbsent: an installation can do without it whatever the global settings say.
func TestServerShellIsAbsent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.allowShell(t, true)
	token := b.operator(t, "op")
	b.stop()
	address, _, _ := b.start(t, "GUEEN_API_WEB_TERMINAL=false")
	_, status := b.dialAt(t, address, shellPath, token, nil)
	require.Equal(t, http.StatusNotFound, status)
}
