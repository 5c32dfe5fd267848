# One recipe for every service of the shop: docker build --build-arg SERVICE=orders --tag flotilla/orders .
ARG BASE=node:26-slim

# What services need of npm, and nothing of what only laptops and tests do: the same for all, so it is made once.
FROM ${BASE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY chassis/package.json chassis/
COPY shop/contracts/package.json shop/contracts/
RUN npm ci --omit=dev --omit=optional
RUN find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.md' \) -delete

# Makes passwords and keys: docker build --target secrets .
FROM ${BASE} AS secrets
WORKDIR /app
COPY deploy/secrets ./
CMD ["node", "main.ts", "/secrets"]

FROM ${BASE} AS service
ARG SERVICE
ENV SERVICE=${SERVICE} NODE_ENV=production NODE_COMPILE_CACHE=/app/.compile-cache MALLOC_ARENA_MAX=2 HOST=0.0.0.0 PORT=3000
WORKDIR /app/shop/${SERVICE}
COPY --from=dependencies /app /app
COPY chassis/src /app/chassis/src
COPY shop/contracts /app/shop/contracts
COPY shop/topology.ts /app/shop/
COPY shop/${SERVICE} /app/shop/${SERVICE}
COPY deploy/image /app/deploy/image
RUN mkdir --mode=1777 /app/.compile-cache
# The cache is good for this account only, so the smoke start that fills it runs as the service will.
USER 1000:1000
RUN ["node", "/app/deploy/image/smoke-start.ts"]
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["node", "/app/deploy/image/health.ts"]
# Node.js is the first process of the container: signals reach it without a shell or npm in between.
CMD ["node", "/app/chassis/src/topology/system/run-service.ts", "/app/shop/topology.ts"]
