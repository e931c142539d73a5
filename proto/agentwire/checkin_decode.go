package agentwire

// DecodeHello decodes an agent-hello message.
func DecodeHello(data []byte) (Hello, error) {
	var m Hello
	err := decode("hello", data, limitsSmall, map[string]field{
		"agent_id": setText(&m.AgentID),
		"version":  setText(&m.Version),
	})
	return m, err
}

// DecodeAgentInfo decodes an agent-agentinfo message.
func DecodeAgentInfo(data []byte) (AgentInfo, error) {
	var m AgentInfo
	err := decode("agentinfo", data, limitsSmall, map[string]field{
		"agent_id":           setText(&m.AgentID),
		"logged_in_username": setText(&m.Username),
		"hostname":           setText(&m.Hostname),
		"operating_system":   setText(&m.OperatingSystem),
		"plat":               setText(&m.Platform),
		"total_ram":          setFloat(&m.TotalRAM),
		"boot_time":          setInt(&m.BootTime),
		"needs_reboot":       setBool(&m.NeedsReboot),
		"goarch":             setText(&m.GoArch),
	})
	return m, err
}

// DecodeDisks decodes an agent-disks message. Disks is never nil.
func DecodeDisks(data []byte) (Disks, error) {
	m := Disks{Disks: []Disk{}}
	err := decode("disks", data, limitsLists, map[string]field{
		"agent_id": setText(&m.AgentID),
		"disks": listOf(&m.Disks, func(d *Disk) map[string]field {
			return map[string]field{
				"device": setText(&d.Device), "fstype": setText(&d.FSType), "total": setText(&d.Total),
				"used": setText(&d.Used), "free": setText(&d.Free), "percent": setInt(&d.Percent),
			}
		}),
	})
	return m, err
}

// DecodeWinServices decodes an agent-winsvc message. Services is never nil.
func DecodeWinServices(data []byte) (WinServices, error) {
	m := WinServices{Services: []Service{}}
	err := decode("winsvc", data, limitsLists, map[string]field{
		"agent_id": setText(&m.AgentID),
		"services": listOf(&m.Services, (*Service).fields),
	})
	return m, err
}

// DecodePublicIP decodes an agent-publicip message.
func DecodePublicIP(data []byte) (PublicIP, error) {
	var m PublicIP
	err := decode("publicip", data, limitsSmall, map[string]field{
		"agent_id":  setText(&m.AgentID),
		"public_ip": setText(&m.PublicIP),
	})
	return m, err
}

// DecodeWMI decodes an agent-wmi message. WMI is never nil and can be rendered as JSON.
func DecodeWMI(data []byte) (WMI, error) {
	m := WMI{WMI: map[string]any{}}
	err := decode("wmi", data, limitsTree, map[string]field{
		"agent_id": setText(&m.AgentID),
		"wmi": func(c *cursor) error {
			v, err := c.value()
			if err != nil {
				return err
			}
			switch tree := v.(type) {
			case nil:
				return nil
			case map[string]any:
				m.WMI = tree
				return nil
			}
			return ErrType
		},
	})
	return m, err
}

func (s *Service) fields() map[string]field {
	return map[string]field{
		"name": setText(&s.Name), "status": setText(&s.Status), "display_name": setText(&s.DisplayName),
		"binpath": setText(&s.BinPath), "description": setText(&s.Description), "username": setText(&s.Username),
		"pid": setInt(&s.PID), "start_type": setText(&s.StartType), "autodelay": setBool(&s.AutoDelay),
	}
}

// listOf reads a list of objects into dst. Elements without any field (nil, an empty map) carry nothing and are left out:
// otherwise one received byte could cost a whole struct.
func listOf[T any](dst *[]T, fields func(*T) map[string]field) field {
	return func(c *cursor) error {
		return c.list(func(c *cursor) error {
			if c.isEmpty() {
				return c.skip()
			}
			var v T
			if err := c.object(fields(&v)); err != nil {
				return err
			}
			*dst = append(*dst, v)
			return nil
		})
	}
}
