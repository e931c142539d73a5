#!/usr/bin/env bash
# Verifies what is in deploy/ with the tools that read it in production, as far as they are installed here.
set -euo pipefail
cd "$(dirname "$0")"
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

if command -v systemd-analyze >/dev/null; then
  # The units name installed programs; verify looks whether they exist.
  mkdir -p "$tmp/bin"
  for p in api realtime natsapi worker beat web nats-server; do install -m 755 /bin/true "$tmp/bin/$p"; done
  for u in systemd/*.service; do sed "s#/usr/lib/gueen/#$tmp/bin/#" "$u" >"$tmp/$(basename "$u")"; done
  systemd-analyze verify --man=no --recursive-errors=no "$tmp"/*.service
  for u in "$tmp"/*.service; do
    systemd-analyze security --offline=yes --no-pager --threshold=30 "$u" >"$tmp/security" || { cat "$tmp/security"; exit 1; }
    echo "$(basename "$u"): $(tail -n 1 "$tmp/security")"
  done
else
  echo "systemd-analyze is not installed: units not verified"
fi

if command -v nginx >/dev/null; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=example.com -keyout "$tmp/privkey.pem" -out "$tmp/fullchain.pem" 2>/dev/null
  sed "s#/etc/letsencrypt/live/example.com/#$tmp/#; s#/var/log/nginx/#$tmp/#" nginx/gueen.conf >"$tmp/gueen.conf"
  printf 'pid %s/pid;\nerror_log stderr;\nevents {}\nhttp { access_log off; include %s/gueen.conf; }\n' "$tmp" "$tmp" >"$tmp/nginx.conf"
  nginx -t -q -c "$tmp/nginx.conf" -p "$tmp" && echo "nginx/gueen.conf: fine"
else
  echo "nginx is not installed: site not verified"
fi

if docker compose version >/dev/null 2>&1; then
  sed "s/=$/=x/" compose.env.example >"$tmp/compose.env"
  docker compose -f docker-compose.yml --env-file "$tmp/compose.env" config --quiet && echo "docker-compose.yml: fine"
else
  echo "docker compose is not installed: compose file not verified"
fi
