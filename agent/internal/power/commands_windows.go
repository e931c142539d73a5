//go:build windows

package power

func rebootCommand() []string   { return []string{"shutdown.exe", "/r", "/t", "5", "/f"} }
func shutdownCommand() []string { return []string{"shutdown.exe", "/s", "/t", "5", "/f"} }
