package setup

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

const service = "tacticalrmm"

// machine is this computer.
type machine struct{}

// ThisMachine is the computer that the program runs on.
func ThisMachine() (Host, error) { return machine{}, nil }

// Installed asks the service manager.
func (machine) Installed(context.Context) (bool, error) {
	manager, err := windows.OpenSCManager(nil, nil, windows.SC_MANAGER_CONNECT)
	if err != nil {
		return false, err
	}
	defer windows.CloseServiceHandle(manager) //nolint:errcheck // nothing follows
	name, err := windows.UTF16PtrFromString(service)
	if err != nil {
		return false, err
	}
	handle, err := windows.OpenService(manager, name, windows.SERVICE_QUERY_STATUS)
	if errors.Is(err, windows.ERROR_SERVICE_DOES_NOT_EXIST) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, windows.CloseServiceHandle(handle)
}

// Exclude names the agent's directories to the virus scanner.
func (m machine) Exclude(ctx context.Context) error {
	return m.Run(ctx, filepath.Join(systemDirectory(), `WindowsPowerShell\v1.0\powershell.exe`), "-NoProfile", "-NonInteractive", "-Command",
		`$ErrorActionPreference = 'Stop'; if ((Get-MpComputerStatus).AntivirusEnabled) { `+
			`Add-MpPreference -ExclusionPath 'C:\Program Files\TacticalAgent\*', 'C:\Program Files\Mesh Agent\*', 'C:\ProgramData\TacticalRMM\*'; `+
			`Add-MpPreference -ExclusionProcess 'C:\Windows\Temp\is-*.tmp\tacticalagent*' }`)
}

func systemDirectory() string {
	dir, err := windows.GetSystemDirectory()
	if err != nil {
		return `C:\Windows\System32`
	}
	return dir
}

// Run runs a program; what it printed last is part of the error.
func (machine) Run(ctx context.Context, path string, args ...string) error {
	out, err := exec.CommandContext(ctx, path, args...).CombinedOutput()
	if err != nil {
		if len(out) > 500 {
			out = out[len(out)-500:]
		}
		return fmt.Errorf("%s: %w: %s", filepath.Base(path), err, strings.TrimSpace(string(out)))
	}
	return nil
}

// Agent is the place that the agent's installer chooses.
func (machine) Agent() string { return `C:\Program Files\TacticalAgent\tacticalrmm.exe` }

// Elevate starts the program again with the rights of an administrator, for which Windows asks; done is false when it has them.
func Elevate() (done bool, err error) {
	if windows.GetCurrentProcessToken().IsElevated() {
		return false, nil
	}
	self, err := os.Executable()
	if err != nil {
		return false, fmt.Errorf("find the program: %w", err)
	}
	verb, err := windows.UTF16PtrFromString("runas")
	if err != nil {
		return false, err
	}
	file, err := windows.UTF16PtrFromString(self)
	if err != nil {
		return false, err
	}
	args, err := windows.UTF16PtrFromString(strings.Join(os.Args[1:], " "))
	if err != nil {
		return false, err
	}
	if err := windows.ShellExecute(0, verb, file, args, nil, windows.SW_NORMAL); err != nil {
		return false, fmt.Errorf("ask for the rights of an administrator: %w", err)
	}
	return true, nil
}

// Show tells a person who started the program by a double click, whose window closes at its end.
func Show(text string) {
	title, terr := windows.UTF16PtrFromString("Agent setup")
	body, err := windows.UTF16PtrFromString(strings.ReplaceAll(text, "\x00", ""))
	if err != nil || terr != nil {
		return
	}
	user32 := windows.NewLazySystemDLL("user32.dll")
	const iconError = 0x10
	_, _, _ = user32.NewProc("MessageBoxW").Call(0, uintptr(unsafe.Pointer(body)), uintptr(unsafe.Pointer(title)), iconError) //nolint:gosec // the form of the call
}
