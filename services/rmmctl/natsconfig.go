package main

import (
	"fmt"
	"os"

	"github.com/nats-io/nkeys"
	"github.com/spf13/cobra"

	"github.com/gueencode/gueenrmm/pkg/platform/bus"
	"github.com/gueencode/gueenrmm/pkg/platform/config"
)

// natsServerSettings decide the configuration of nats-server.
type natsServerSettings struct {
	User      string        `conf:"nats.user" default:"services" help:"User of the services' account."`
	Password  config.Secret `conf:"nats.password" required:"true" help:"Password of the services' account."`
	System    config.NATSSystem
	Auth      config.NATSAuth
	Listen    string       `conf:"nats.server_listen" default:"0.0.0.0:4222" help:"Address for agents that connect without WebSocket."`
	WebSocket string       `conf:"nats.server_websocket" default:"127.0.0.1:9235" help:"Address of the WebSocket behind /natsws."`
	Monitor   string       `conf:"nats.server_monitor" default:"" help:"Address of nats-server's own monitoring page; empty for none."`
	Cert      string       `conf:"nats.server_cert_file" default:"" help:"Certificate of the address for agents; with the key file it speaks TLS."`
	Key       string       `conf:"nats.server_key_file" default:"" help:"Key of the certificate."`
	Store     string       `conf:"nats.server_store_dir" default:"/var/lib/gueen/nats" help:"Directory of JetStream."`
	MaxStore  config.Bytes `conf:"nats.server_max_store" default:"10GiB" help:"Largest size of JetStream on disk."`
}

func natsConfigCommand(p program) *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "nats-config", Short: "Write the configuration of nats-server", Args: cobra.NoArgs,
		Long: "Writes the accounts and permissions that the services and agents need. Run it once; new agents need no change. Passwords\n" +
			"are written as hashes.",
	}
	cmd.Flags().StringVar(&out, "out", "", "file to write; standard output when empty")
	s := &natsServerSettings{}
	load := withSettings(p, cmd, s)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := load(); err != nil {
			return err
		}
		text, err := bus.ServerConfig(bus.ServerSettings{
			Listen: s.Listen, WebSocket: s.WebSocket, Monitor: s.Monitor, CertFile: s.Cert, KeyFile: s.Key, StoreDir: s.Store, MaxStore: int64(s.MaxStore),
			User: s.User, Password: s.Password.Reveal(), SystemUser: s.System.User, SystemPassword: s.System.Password.Reveal(),
			AuthUser: s.Auth.User, AuthPassword: s.Auth.Password.Reveal(), IssuerSeed: s.Auth.IssuerSeed.Reveal(),
		})
		if err != nil {
			return err
		}
		if out == "" {
			_, err = cmd.OutOrStdout().Write(text)
			return err
		}
		if err := os.WriteFile(out, text, 0o640); err != nil { //nolint:gosec // nats-server's group reads it
			return fmt.Errorf("write nats-server configuration: %w", err)
		}
		return nil
	}
	seed := &cobra.Command{
		Use: "issuer-seed", Short: "Make a new key for GUEEN_NATS_ISSUER_SEED", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := nkeys.CreateAccount()
			if err != nil {
				return fmt.Errorf("make issuer key: %w", err)
			}
			text, err := key.Seed()
			if err != nil {
				return fmt.Errorf("make issuer key: %w", err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), string(text))
			return err
		},
	}
	cmd.AddCommand(seed)
	return cmd
}
