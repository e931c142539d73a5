package porthold

import (
	"context"
	"errors"
	"fmt"
	"syscall"
)

// hold binds a socket and never listens on it. The kernel hands a bound port to nobody, neither to a listener that asks for any port nor
// to an outgoing connection; a server that names it may listen, as both sockets have SO_REUSEADDR, which servers set.
func hold(_ context.Context, port int) (held int, release func() error, err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, fmt.Errorf("hold a port: %w", err)
	}
	release = func() error { return syscall.Close(fd) }
	if held, err = bind(fd, port); err != nil {
		return 0, nil, errors.Join(fmt.Errorf("hold a port: %w", err), release())
	}
	return held, release, nil
}

func bind(fd, port int) (held int, err error) {
	// Set before bind, the port would be shared with others that hold it; the kernel asks for the option again when somebody listens.
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, err
	}
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, err
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, err
	}
	v4, ok := name.(*syscall.SockaddrInet4)
	if !ok {
		return 0, fmt.Errorf("a socket of another family: %T", name)
	}
	return v4.Port, nil
}
