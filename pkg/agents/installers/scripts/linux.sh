#!/bin/sh
# Installs or removes the agent. Run as root on a machine with systemd.
#   (no argument)   install, replacing an earlier agent
#   uninstall       remove the agent and all it stored
#   --debug         let the installation log in detail
#   --insecure      do not verify the server's certificate
#   --nomesh        accepted for compatibility; no remote-desktop agent is installed
set -eu

api={{q .API}}
client_id={{q .ClientID}}
site_id={{q .SiteID}}
agent_type={{q .AgentType}}
token={{q .Token}}
url={{q .URL}}
sha256={{q .SHA256}}
insecure={{if .Insecure}}1{{else}}0{{end}}
proxy=${PROXY:-}

binary=/usr/local/bin/tacticalagent
config=/etc/tacticalagent
data=/opt/tacticalagent
state=/var/lib/tacticalagent
unit_name=tacticalagent.service
unit=/etc/systemd/system/$unit_name

fail() {
  echo "error: $*" >&2
  exit 1
}

remove() {
  systemctl disable --now "$unit_name" >/dev/null 2>&1 || true
  rm -f "$unit" "$binary" "$config"
  rm -rf "$data" "$state"
  systemctl daemon-reload >/dev/null 2>&1 || true
}

download() {
  if command -v curl >/dev/null 2>&1; then
    set -- curl -fsSL --retry 3 -o "$1" "$url"
    if [ "$insecure" = 1 ]; then set -- "$@" --insecure; fi
    if [ -n "$proxy" ]; then set -- "$@" --proxy "$proxy"; fi
  elif command -v wget >/dev/null 2>&1; then
    set -- wget -q -O "$1" "$url"
    if [ "$insecure" = 1 ]; then set -- "$@" --no-check-certificate; fi
  else
    fail "curl or wget is needed"
  fi
  "$@" || fail "the agent could not be downloaded from $url"
}

verify() {
  [ -n "$sha256" ] || return 0
  command -v sha256sum >/dev/null 2>&1 || fail "sha256sum is needed"
  echo "$sha256  $1" | sha256sum -c - >/dev/null || fail "the downloaded agent is damaged or not the one of the server"
}

write_unit() {
  cat >"$unit" <<'UNIT'
[Unit]
Description=Agent of the remote monitoring and management server
After=network-online.target
Wants=network-online.target

[Service]
Type=simple
ExecStart=/usr/local/bin/tacticalagent -m svc
User=root
Group=root
Restart=always
RestartSec=5s
LimitNOFILE=1000000
KillMode=process

[Install]
WantedBy=multi-user.target
UNIT
}

install_agent() {
  [ -n "$token" ] || fail "this script removes agents only"
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  echo "downloading the agent"
  download "$work/agent"
  verify "$work/agent"
  remove
  mkdir -p /usr/local/bin "$data/bin"
  install -m 0755 "$work/agent" "$binary"
  set -- -m install -api "$api" -client-id "$client_id" -site-id "$site_id" -agent-type "$agent_type" -auth "$token" -nomesh
  if [ "$insecure" = 1 ]; then set -- "$@" -insecure; fi
  if [ -n "$debug" ]; then set -- "$@" -log DEBUG -logto stdout; fi
  if [ -n "$proxy" ]; then set -- "$@" -proxy "$proxy"; fi
  echo "registering this machine"
  "$binary" "$@" || fail "the machine could not be registered"
  # Agents that make their service themselves have done so by now; others leave it to this script.
  [ -f "$unit" ] || write_unit
  systemctl daemon-reload
  systemctl enable "$unit_name" >/dev/null 2>&1
  systemctl start "$unit_name"
  echo "the agent is installed and running"
}

main() {
  action=install
  debug=
  for argument in "$@"; do
    case $argument in
      uninstall) action=uninstall ;;
      -debug | --debug) debug=1 ;;
      -insecure | --insecure) insecure=1 ;;
      -nomesh | --nomesh) ;;
      *) fail "unknown argument $argument" ;;
    esac
  done
  [ "$(id -u)" = 0 ] || fail "this script must be run as root"
  if [ "$action" = uninstall ]; then
    remove
    echo "the agent is removed"
    exit 0
  fi
  [ -d /run/systemd/system ] || fail "systemd is needed"
  install_agent
}

main "$@"
