package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/gueencode/gueenrmm/services/internal/simulate"
	"github.com/gueencode/gueenrmm/services/internal/suite"
)

const (
	defaultAccess = ".run/access.json"
	accessHelp    = "access file of a suite on this machine; gives addresses, database, private ports and, for --prepare, the key that no flag gives"
)

// suiteAccess is the access file of a suite on this machine, empty when there is none.
type suiteAccess struct {
	suite.Access
	asked bool // was named on the command line
}

// readAccess reads the file. The default one may be missing, one that was asked for may not.
func readAccess(path string, asked bool) (a suiteAccess, err error) {
	a.asked = asked
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !asked {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("--access: %w", err)
	}
	if err := json.Unmarshal(raw, &a.Access); err != nil {
		return a, fmt.Errorf("--access: %s is not the access file of a suite: %w", path, err)
	}
	return a, nil
}

// fill gives the options what no flag gave. With the address of another server the default file counts for nothing: its
// database and its services are not that server's.
func (a suiteAccess) fill(o *simulate.Options) {
	if o.API != "" && o.API != a.API && !a.asked {
		return
	}
	if o.API == "" {
		o.API = a.API
	}
	if o.NATS == "" {
		o.NATS = a.NATS
	}
	if o.Database == "" {
		o.Database = a.Database
	}
	if o.Metrics == nil {
		o.Metrics = a.Metrics
	}
	if o.Watch == nil {
		o.Watch = a.Servers
	}
}

// Preparing and removing end the session of the operator that they open; it ends by itself when they are killed.
const sessionLife = 30 * time.Minute

var errNoKey = errors.New("needs the API key of a superuser: --key or RMM_API_KEY; a suite on this machine gives one through its access file")

// caller is who prepares or removes: the key, or else the administrator of the suite on this machine when the address is that
// suite's, or the file was asked for.
func (a suiteAccess) caller(ctx context.Context, api, key string, insecure bool) (as simulate.Caller, err error) {
	switch {
	case key != "":
		as = simulate.WithKey(key)
	case a.Database == "" || a.User == "" || api != a.API && !a.asked:
		return as, errNoKey
	default:
		token, err := a.session(ctx)
		if err != nil {
			return as, err
		}
		as = simulate.WithSession(token)
	}
	as.Insecure = insecure
	return as, nil
}

// session opens one for the administrator, at the database as start-session does.
func (a suiteAccess) session(ctx context.Context) (string, error) {
	pool, err := pgxpool.New(ctx, a.Database)
	if err != nil {
		return "", fmt.Errorf("open the suite's database: %w", err)
	}
	defer pool.Close()
	operator, err := operatorAccounts(pool, 0)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, reachWithin)
	defer cancel()
	token, err := operator.OperatorStartSession(ctx, a.User, sessionLife)
	if err != nil {
		return "", fmt.Errorf("open a session of the suite's administrator (is the suite running?): %w", err)
	}
	return token, nil
}
