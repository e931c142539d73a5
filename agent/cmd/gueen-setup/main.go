// Command gueen-setup is the Windows installer of install links. The server puts behind its last byte what it installs.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/gueencode/gueenrmm/agent/internal/setup"
	carried "github.com/gueencode/gueenrmm/proto/setup"
)

func main() {
	silent := flag.Bool("silent", false, "show no message when it fails")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		if !*silent {
			setup.Show(err.Error())
		}
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	path, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the program: %w", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("read the program: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read the program: %w", err)
	}
	p, err := carried.Read(file, info.Size())
	if err != nil {
		return err
	}
	host, err := setup.ThisMachine()
	if err != nil {
		return err
	}
	if done, err := setup.Elevate(); done || err != nil {
		return err
	}
	return setup.Installer{
		Host: host, Client: &http.Client{}, Pause: 5 * time.Second,
		Say: func(format string, args ...any) { fmt.Printf(format+"\n", args...) },
	}.Install(ctx, p)
}
