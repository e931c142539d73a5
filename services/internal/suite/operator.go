package suite

import "context"

// StartSession returns a session token of the administrator, for programs that drive the suite's REST interface.
func (s *Suite) StartSession(ctx context.Context) (string, error) {
	a, err := s.signIn(ctx)
	if err != nil {
		return "", err
	}
	return a.token, nil
}

// Metrics returns the addresses of the services' private ports by service.
func (s *Suite) Metrics() map[string]string {
	p := s.opts.Ports
	return map[string]string{
		"api": "http://" + local(p.PrivateAPI), "realtime": "http://" + local(p.PrivateRealtime), "natsapi": "http://" + local(p.PrivateNATSAPI),
		"worker": "http://" + local(p.PrivateWorker), "beat": "http://" + local(p.PrivateBeat), "web": "http://" + local(p.PrivateWeb),
	}
}

// APIAddress returns the address of the api itself, past the web app's proxy, which costs as much as the api.
func (s *Suite) APIAddress() string { return "http://" + local(s.opts.Ports.API) }

// Ports returns the ports of the suite, for programs that stand before it as a proxy does.
func (s *Suite) Ports() Ports { return s.opts.Ports }
