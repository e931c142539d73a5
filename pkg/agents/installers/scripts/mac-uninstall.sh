#!/bin/sh
# Removes the agent and the remote-desktop agent beside it from a Mac. Run as root.
set -u

[ "$(id -u)" = 0 ] || { echo "error: this script must be run as root" >&2; exit 1; }

if [ -x /opt/tacticalmesh/meshagent ]; then
  /opt/tacticalmesh/meshagent -fulluninstall
fi
rm -rf /opt/tacticalmesh
launchctl bootout system/tacticalagent
rm -f /Library/LaunchDaemons/tacticalagent.plist /etc/tacticalagent
rm -rf /opt/tacticalagent /var/lib/tacticalagent
