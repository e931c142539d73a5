#!/bin/sh
# Fits the site configuration to containers: the names, the certificate directory and the services' container names; and the
# main one to a fleet, of which each agent holds two connections.
set -eu
sed -i -e '1i worker_rlimit_nofile 65536;' -e '/^worker_rlimit_nofile/d' -e 's/worker_connections .*;/worker_connections 32768;/' /etc/nginx/nginx.conf
sed -e "s/rmm\.example\.com/$WEB_HOST/g; s/api\.example\.com/$API_HOST/g" \
    -e 's#/etc/letsencrypt/live/example.com/#/etc/gueen/tls/#' \
    -e 's/127\.0\.0\.1:8080/web:8080/; s/127\.0\.0\.1:8001/api:8001/; s/127\.0\.0\.1:8002/realtime:8002/; s/127\.0\.0\.1:9235/nats:9235/' \
    /etc/gueen/gueen.conf >/etc/nginx/conf.d/default.conf
