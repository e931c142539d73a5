package suite

import (
	"errors"
	"io"
)

// Options say how to run a suite. The tags make them the flags, the variables and the file keys of `rmmctl suite run`.
type Options struct {
	Dir       string `conf:"run.dir" flag:"dir" default:".run" help:"Directory for data, logs and secrets."`
	Bin       string `conf:"run.bin" flag:"bin" default:"bin" help:"Directory of the programs."`
	Web       string `conf:"run.web_dist" flag:"web-dist" default:"services/web/dist" help:"Directory of the built web app."`
	Fresh     bool   `conf:"run.fresh" flag:"fresh" default:"false" help:"Throw the directory's data away first."`
	NoAgent   bool   `conf:"run.no_agent" flag:"no-agent" default:"false" help:"Do not enrol and run an agent on this machine."`
	Examples  bool   `conf:"run.examples" flag:"examples" default:"true" help:"Give this machine a few checks when it enrols."`
	Client    string `conf:"run.client" flag:"client" default:"Home" help:"Name of the first client, made when there is none."`
	Site      string `conf:"run.site" flag:"site" default:"Main" help:"Name of the first site."`
	User      string `conf:"run.user" flag:"user" default:"admin" help:"Name of the administrator."`
	Host      string `conf:"run.host" flag:"host" default:"127.0.0.1" help:"Address on which the web app listens; everything else listens on 127.0.0.1."`
	PublicURL string `conf:"run.public_url" flag:"public-url" default:"" help:"Address under which browsers and agents reach the web app; http://HOST:PORT when empty."`
	Apt       bool   `conf:"run.install" flag:"install" default:"true" help:"Install missing Postgres and Redis with apt when run as root."`
	Level     string `conf:"run.log_level" flag:"services-log-level" default:"info" enum:"debug,info,warn,error" help:"Log level of the services."`
	Ports     Ports

	// Durable keeps Postgres flushing to disk. Tests switch it off: a killed process loses nothing without it.
	Durable bool `conf:"run.durable" flag:"durable" default:"true" help:"Let Postgres flush each commit to disk."`
	// Extra are additional environment variables of all services, NAME=value.
	Extra []string `conf:"run.env" flag:"service-env" default:"" help:"More variables for all services: NAME=value,…"`

	// Ephemeral throws the data away when the suite stops, for tests.
	Ephemeral bool

	// NATSStore bounds what nats-server keeps on disk, in bytes, for tests that fill it; 0 is its default.
	NATSStore int64

	// Output gets the runner's own lines; nil discards them.
	Output io.Writer
}

// Ports are the ports of the suite. All are below 32768, where the kernel begins to hand out ports by itself.
type Ports struct {
	Mode            string `conf:"run.ports" flag:"ports" default:"fixed" enum:"fixed,auto" help:"fixed uses the ports below; auto picks free ones once and keeps them in the directory."`
	Web             int    `conf:"run.port_web" flag:"port-web" default:"8080" min:"1" max:"65535" help:"Port of the web app and of everything behind it."`
	API             int    `conf:"run.port_api" flag:"port-api" default:"8001" min:"1" max:"65535" help:"Port of the REST interface."`
	Realtime        int    `conf:"run.port_realtime" flag:"port-realtime" default:"8002" min:"1" max:"65535" help:"Port of the WebSockets."`
	NATS            int    `conf:"run.port_nats" flag:"port-nats" default:"4222" min:"1" max:"65535" help:"Port of nats-server."`
	NATSWebSocket   int    `conf:"run.port_nats_ws" flag:"port-nats-ws" default:"9235" min:"1" max:"65535" help:"Port of nats-server's WebSocket."`
	Postgres        int    `conf:"run.port_postgres" flag:"port-postgres" default:"5433" min:"1" max:"65535" help:"Port of Postgres."`
	Redis           int    `conf:"run.port_redis" flag:"port-redis" default:"6380" min:"1" max:"65535" help:"Port of Redis."`
	PrivateWeb      int    `conf:"run.port_private_web" flag:"port-private-web" default:"9100" min:"1" max:"65535" help:"Private port of web."`
	PrivateAPI      int    `conf:"run.port_private_api" flag:"port-private-api" default:"9101" min:"1" max:"65535" help:"Private port of api."`
	PrivateRealtime int    `conf:"run.port_private_realtime" flag:"port-private-realtime" default:"9102" min:"1" max:"65535" help:"Private port of realtime."`
	PrivateNATSAPI  int    `conf:"run.port_private_natsapi" flag:"port-private-natsapi" default:"9103" min:"1" max:"65535" help:"Private port of natsapi."`
	PrivateWorker   int    `conf:"run.port_private_worker" flag:"port-private-worker" default:"9104" min:"1" max:"65535" help:"Private port of worker."`
	PrivateBeat     int    `conf:"run.port_private_beat" flag:"port-private-beat" default:"9105" min:"1" max:"65535" help:"Private port of beat."`
}

// withDefaults fills what a test that uses the suite as a library need not say. Ports are automatic then.
func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *string
		value string
	}{{&o.Client, "Home"}, {&o.Site, "Main"}, {&o.User, "admin"}, {&o.Host, loopback}, {&o.Level, "info"}, {&o.Ports.Mode, "auto"}} {
		if *d.field == "" {
			*d.field = d.value
		}
	}
	if o.Output == nil {
		o.Output = io.Discard
	}
	return o
}

// Validate checks the rules across fields.
func (o *Options) Validate() error {
	if o.Client == "" || o.Site == "" || o.User == "" {
		return errors.New("run.client, run.site and run.user must not be empty")
	}
	return nil
}
