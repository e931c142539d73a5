package checks_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gueencode/gueenrmm/pkg/checks"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	cases := map[string]checks.Definition{
		"Disk Space Check: Drive C: -  Warning Threshold: 25% Error Threshold: 10%": {CheckType: checks.DiskSpace, Disk: ptr("C:"), WarningThreshold: ptr[int32](25), ErrorThreshold: ptr[int32](10)},
		"CPU Load Check -  Error Threshold: 90%":                                    {CheckType: checks.CPULoad, WarningThreshold: ptr[int32](0), ErrorThreshold: ptr[int32](90)},
		"Memory Check -  Warning Threshold: 70%":                                    {CheckType: checks.Memory, WarningThreshold: ptr[int32](70)},
		"Ping Check: gateway":                                                       {CheckType: checks.Ping, Name: ptr("gateway")},
		"Event Log Check: events":                                                   {CheckType: checks.EventLog, Name: ptr("events")},
		"Service Check: DHCP":                                                       {CheckType: checks.WinSvc, SvcDisplayName: ptr("DHCP"), SvcName: ptr("Dhcp")},
		"Script Check: Clean":                                                       {CheckType: checks.Script},
		"Service Check: None":                                                       {CheckType: checks.WinSvc},
	}
	for want, def := range cases {
		require.Equal(t, want, def.Describe("Clean"))
	}
}
