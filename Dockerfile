# syntax=docker/dockerfile:1
#   docker build -t touchline .
#   docker run --rm -p 8089:8089 touchline juv --speed 120

FROM rust:1-slim-bookworm AS build
WORKDIR /build
COPY . .
# The caches outlive the image's layers: what has been compiled once is not compiled again.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --locked --release --bin touchline \
    && install -D target/release/touchline /out/touchline

# libc and libgcc, and nothing else: no shell either.
FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /out/touchline /usr/local/bin/touchline
USER nonroot:nonroot
# Read by what serves and by what asks it, whatever words the container is started with. Wide, for a container's loopback is
# nobody else's; others may look, and control takes a token: -e TOUCHLINE_CONTROL_TOKEN=...
ENV TOUCHLINE_LISTEN=0.0.0.0:8089
EXPOSE 8089
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --start-interval=1s CMD ["/usr/local/bin/touchline", "health"]
ENTRYPOINT ["/usr/local/bin/touchline"]
