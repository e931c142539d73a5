package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gueencode/gueenrmm/agent/internal/config"
)

// configEnv names the configuration file when no flag does.
const configEnv = "GUEEN_AGENT_CONFIG"

// options is the command line (agent-protocol.md §1.7). Single and double dashes are the same.
type options struct {
	version  bool
	mode     string
	taskPK   int
	logLevel string
	logTo    string

	api       string
	clientID  int
	siteID    int
	timeout   time.Duration
	desc      string
	agentType string
	auth      string
	power     bool
	rdp       bool
	ping      bool
	localMesh string
	noMesh    bool
	meshDir   string
	meshNode  string
	cert      string
	silent    bool
	proxy     string
	insecure  bool
	natsPort  string
	tmpDir    string

	// Flags of this agent only.
	config    string
	natsURL   string
	stateDir  string
	noService bool
	noPower   bool

	args []string // what follows the flags
}

// secondsOrDuration takes `900`, `900s` and `15m` alike.
type secondsOrDuration struct{ d *time.Duration }

// String implements flag.Value.
func (s secondsOrDuration) String() string {
	if s.d == nil {
		return ""
	}
	return s.d.String()
}

// Set implements flag.Value.
func (s secondsOrDuration) Set(v string) error {
	if strings.Trim(v, "0123456789") == "" {
		v += "s"
	}
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		return errors.New("not a number of seconds or a duration")
	}
	*s.d = d
	return nil
}

func parseFlags(args []string, env func(string) string, stderr io.Writer) (options, error) {
	o := options{timeout: 900 * time.Second}
	fs := flag.NewFlagSet("gueen-agent", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.BoolVar(&o.version, "version", false, "print the version and exit")
	fs.StringVar(&o.mode, "m", "", "mode: "+strings.Join(modeNames(), ", "))
	fs.IntVar(&o.taskPK, "p", 0, "task to run (with -m taskrunner)")
	fs.StringVar(&o.logLevel, "log", "INFO", "log level: DEBUG, INFO, WARN, ERROR")
	fs.StringVar(&o.logTo, "logto", "file", "log destination: file or stdout")
	fs.StringVar(&o.api, "api", "", "address of the server, https://host[:port]")
	fs.IntVar(&o.clientID, "client-id", 0, "client the agent belongs to")
	fs.IntVar(&o.siteID, "site-id", 0, "site the agent belongs to")
	fs.Var(secondsOrDuration{&o.timeout}, "timeout", "time limit of the registration, seconds or a duration")
	fs.StringVar(&o.desc, "desc", "", "description of the agent")
	fs.StringVar(&o.agentType, "agent-type", "server", "server or workstation")
	fs.StringVar(&o.auth, "auth", "", "installer token")
	fs.BoolVar(&o.power, "power", false, "Windows: switch power saving off")
	fs.BoolVar(&o.rdp, "rdp", false, "Windows: allow remote desktop")
	fs.BoolVar(&o.ping, "ping", false, "Windows: answer echo requests")
	fs.StringVar(&o.localMesh, "local-mesh", "", "Windows: installer of the remote-desktop agent")
	fs.BoolVar(&o.noMesh, "nomesh", false, "do not install the remote-desktop agent")
	fs.StringVar(&o.meshDir, "meshdir", "", "directory of the remote-desktop agent")
	fs.StringVar(&o.meshNode, "meshnodeid", "", "node id of the remote-desktop agent")
	fs.StringVar(&o.cert, "cert", "", "PEM file with further root certificates")
	fs.BoolVar(&o.silent, "silent", false, "print nothing but errors")
	fs.StringVar(&o.proxy, "proxy", "", "HTTP proxy URL")
	fs.BoolVar(&o.insecure, "insecure", false, "do not verify certificates")
	fs.StringVar(&o.natsPort, "natsport", "", "connect to NATS by TLS on this port instead of WebSocket")
	fs.StringVar(&o.tmpDir, "tmpdir", "", "directory for scripts")
	fs.StringVar(&o.config, "config", "", "configuration file (default "+config.DefaultPath+", or "+configEnv+")")
	fs.StringVar(&o.natsURL, "natsurl", "", "NATS address in place of the derived one: wss, tls, and with an http api ws or nats")
	fs.StringVar(&o.stateDir, "statedir", "", "directory for spooled results and temporary files")
	fs.BoolVar(&o.noService, "no-service", false, "install: enrol only, do not install a service")
	fs.BoolVar(&o.noPower, "no-power", false, "install: answer reboot and shutdown but do not carry them out")
	if err := fs.Parse(args); err != nil {
		return options{}, err
	}
	o.args = fs.Args()
	if o.config == "" {
		o.config = env(configEnv)
	}
	if o.config == "" {
		o.config = config.DefaultPath
	}
	if o.logTo != "file" && o.logTo != "stdout" {
		return options{}, fmt.Errorf("logto must be file or stdout, not %q", o.logTo)
	}
	return o, nil
}
