package bus

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/nats-io/nkeys"
	"golang.org/x/crypto/bcrypt"

	"github.com/gueencode/gueenrmm/proto/subjects"
)

// MaxPayload is the largest message, as deployed agents expect it (agent-protocol.md §8).
const MaxPayload = 64 << 20

// ResponseWindow is how long an agent may still answer a request (agent-protocol.md §8).
const ResponseWindow = 1435 * time.Minute

// AdmissionTimeout is how long a client may take from its connection until it is admitted. Deployed agents give up after two
// seconds, and two seconds after a client's CONNECT the server sends its first PING, whether the client is admitted or not,
// which client libraries take for a broken greeting. More would be worse than useless: the library that agents use leaves the
// socket of an attempt it gave up open until its next garbage collection, so that an agent admitted too late would stand for
// minutes as a connection that nobody reads. Responders answer earlier, yes or no (admission.patience).
const AdmissionTimeout = 2 * time.Second

// ServerSettings are what an operator decides about the nats-server. Zero values get the defaults named below.
type ServerSettings struct {
	Name          string // server name; default "gueen"
	Listen        string // host:port of the plain or TLS listener; default 127.0.0.1:4222
	WebSocket     string // host:port of the listener behind /natsws; default 127.0.0.1:9235, "-" for none
	Monitor       string // host:port of nats-server's own HTTP monitoring; empty for none
	CertFile      string // with KeyFile: the plain listener speaks TLS
	KeyFile       string
	StoreDir      string // JetStream directory; required
	MaxStore      int64  // JetStream bytes on disk; default 10 GiB
	MaxMemory     int64  // JetStream bytes in memory; default 64 MiB
	MaxConns      int    // connections in all; default 200,000
	PingInterval  time.Duration
	WriteDeadline time.Duration

	User, Password             string // services
	SystemUser, SystemPassword string // presence and kicks
	AuthUser, AuthPassword     string // answers to authentication requests
	IssuerSeed                 string // account nkey seed that signs agents' user tokens
	BcryptCost                 int    // default bcrypt.DefaultCost; test kits use the minimum
}

func (s ServerSettings) withDefaults() ServerSettings {
	setDefault(&s.Name, "gueen")
	setDefault(&s.Listen, "127.0.0.1:4222")
	setDefault(&s.WebSocket, "127.0.0.1:9235")
	setDefault(&s.MaxStore, 10<<30)
	setDefault(&s.MaxMemory, 64<<20)
	setDefault(&s.MaxConns, 200_000)
	setDefault(&s.PingInterval, 40*time.Second)
	setDefault(&s.WriteDeadline, 10*time.Second)
	setDefault(&s.BcryptCost, bcrypt.DefaultCost)
	return s
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (s ServerSettings) validate() error {
	var errs []error
	for name, v := range map[string]string{
		"user": s.User, "password": s.Password, "system user": s.SystemUser, "system password": s.SystemPassword,
		"auth user": s.AuthUser, "auth password": s.AuthPassword, "issuer seed": s.IssuerSeed, "store directory": s.StoreDir,
	} {
		if v == "" {
			errs = append(errs, fmt.Errorf("nats server settings: %s is empty", name))
		}
	}
	if s.User == s.SystemUser || s.User == s.AuthUser || s.SystemUser == s.AuthUser {
		errs = append(errs, errors.New("nats server settings: the three users need different names"))
	}
	if (s.CertFile == "") != (s.KeyFile == "") {
		errs = append(errs, errors.New("nats server settings: certificate and key belong together"))
	}
	return errors.Join(errs...)
}

type object = map[string]any

// ServerConfig renders the configuration file of the nats-server (its JSON form). Passwords are written as bcrypt
// hashes, so that the file does not give away the services' credentials; the text differs on each call for that reason.
func ServerConfig(settings ServerSettings) ([]byte, error) {
	if err := settings.validate(); err != nil {
		return nil, err
	}
	s := settings.withDefaults()
	issuer, err := IssuerPublicKey(s.IssuerSeed)
	if err != nil {
		return nil, err
	}
	host, port, err := splitListen(s.Listen)
	if err != nil {
		return nil, fmt.Errorf("nats listen address: %w", err)
	}
	accounts, err := accountsConfig(s)
	if err != nil {
		return nil, err
	}
	conf := object{
		"server_name": s.Name, "host": host, "port": port,
		"max_payload": MaxPayload, "max_pending": 2 * MaxPayload, "max_connections": s.MaxConns,
		"write_deadline": s.WriteDeadline.String(), "ping_interval": s.PingInterval.String(), "ping_max": 2,
		"lame_duck_duration": "30s", "lame_duck_grace_period": "2s",
		"jetstream":      object{"store_dir": s.StoreDir, "max_file_store": s.MaxStore, "max_memory_store": s.MaxMemory},
		"system_account": AccountSystem,
		"accounts":       accounts,
		"authorization": object{
			"timeout": AdmissionTimeout.Seconds(),
			"auth_callout": object{
				"issuer": issuer, "account": AccountAuth, "allowed_accounts": []string{AccountAgents},
				"auth_users": []string{s.AuthUser, s.SystemUser, s.User},
			},
		},
	}
	if s.CertFile != "" {
		conf["tls"] = object{"cert_file": s.CertFile, "key_file": s.KeyFile, "timeout": 10}
	}
	if s.WebSocket != "-" {
		wsHost, wsPort, err := splitListen(s.WebSocket)
		if err != nil {
			return nil, fmt.Errorf("nats websocket address: %w", err)
		}
		conf["websocket"] = object{"host": wsHost, "port": wsPort, "no_tls": true, "compression": true, "handshake_timeout": "10s"}
	}
	if s.Monitor != "" {
		conf["http"] = s.Monitor
	}
	return render(conf)
}

// accountsConfig is the layout: who lives where and what crosses between the agents' and the services' account.
func accountsConfig(s ServerSettings) (object, error) {
	system, err := userConfig(s.SystemUser, s.SystemPassword, s.BcryptCost)
	if err != nil {
		return nil, err
	}
	auth, err := userConfig(s.AuthUser, s.AuthPassword, s.BcryptCost)
	if err != nil {
		return nil, err
	}
	services, err := userConfig(s.User, s.Password, s.BcryptCost)
	if err != nil {
		return nil, err
	}
	imported := func(account, subject string) object {
		return object{"stream": object{"account": account, "subject": subject}}
	}
	exported := func(account, subject string) object {
		return object{"stream": subject, "accounts": []string{account}}
	}
	command := imported(AccountServices, subjects.AllCommands)
	command["to"] = subjects.AllAgents // arrives as the agent's own id
	return object{
		AccountSystem: object{"users": []object{system}},
		AccountAuth:   object{"users": []object{auth}},
		AccountServices: object{
			"users":     []object{services},
			"jetstream": object{"max_file": s.MaxStore, "max_memory": s.MaxMemory},
			"exports":   []object{exported(AccountAgents, subjects.AllCommands)},
			"imports": []object{
				imported(AccountAgents, subjects.AllCheckIns), imported(AccountAgents, subjects.AllCommandOutput),
				imported(AccountAgents, subjects.AllTerminals), imported(AccountAgents, "_INBOX.>"),
			},
		},
		AccountAgents: object{
			// What an agent publishes on its own id leaves under another name. It would otherwise come back to the agent, be
			// delivered to the services together with their own commands, and its reply field would let the agent publish on
			// subjects of the kind's name.
			"mappings": object{subjects.AllAgents: subjects.CheckIn("{{wildcard(1)}}")},
			"imports":  []object{command},
			"exports": []object{
				exported(AccountServices, subjects.AllCheckIns), exported(AccountServices, subjects.AllCommandOutput),
				exported(AccountServices, subjects.AllTerminals), exported(AccountServices, "_INBOX.>"), // answers to requests
			},
		},
	}, nil
}

func userConfig(name, password string, cost int) (object, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err != nil {
		return nil, fmt.Errorf("hash password of nats user %s: %w", name, err)
	}
	return object{"user": name, "password": string(hash)}, nil
}

// IssuerPublicKey returns the public key of the account seed that signs agents' user tokens.
func IssuerPublicKey(seed string) (string, error) {
	kp, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return "", fmt.Errorf("nats issuer seed: %w", err)
	}
	pub, err := kp.PublicKey()
	if err != nil {
		return "", fmt.Errorf("nats issuer seed: %w", err)
	}
	if !nkeys.IsValidPublicAccountKey(pub) {
		return "", errors.New("nats issuer seed: not the seed of an account key (SA…)")
	}
	return pub, nil
}

// NewIssuerSeed makes the key that an installation keeps as its issuer seed.
func NewIssuerSeed() (string, error) {
	kp, err := nkeys.CreateAccount()
	if err != nil {
		return "", fmt.Errorf("create nats issuer key: %w", err)
	}
	seed, err := kp.Seed()
	if err != nil {
		return "", fmt.Errorf("create nats issuer key: %w", err)
	}
	return string(seed), nil
}

func splitListen(address string) (string, int, error) {
	host, p, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err := strconv.Atoi(p)
	if err != nil || port < -1 || port > 65535 {
		return "", 0, fmt.Errorf("port %q is not a port number", p)
	}
	if host == "" {
		host = "0.0.0.0"
	}
	return host, port, nil
}

func render(conf object) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // the server's parser does not know \u escapes
	enc.SetIndent("", "  ")
	if err := enc.Encode(conf); err != nil {
		return nil, fmt.Errorf("render nats server configuration: %w", err)
	}
	return buf.Bytes(), nil
}
