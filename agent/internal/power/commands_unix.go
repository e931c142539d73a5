//go:build !windows

package power

func rebootCommand() []string   { return []string{"reboot"} }
func shutdownCommand() []string { return []string{"shutdown", "-h", "now"} }
