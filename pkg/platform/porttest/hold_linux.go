package porttest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
)

// hold binds a socket and never listens on it. The kernel hands a bound port to nobody, neither to a listener that asks for any port nor
// to an outgoing connection; a server that names it may listen, as both sockets have SO_REUSEADDR, which servers set.
func hold(context.Context) (address string, release func() error, err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return "", nil, fmt.Errorf("hold a port: %w", err)
	}
	release = func() error { return syscall.Close(fd) }
	port, err := bind(fd)
	if err != nil {
		return "", nil, errors.Join(fmt.Errorf("hold a port: %w", err), release())
	}
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), release, nil
}

func bind(fd int) (port int, err error) {
	// Set before bind, the port would be shared with others that hold it; the kernel asks for the option again when somebody listens.
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
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
