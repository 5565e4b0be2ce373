FROM rust:1.75-slim as build
RUN USER=root cargo new --bin shop
WORKDIR /shop
COPY ./Cargo.lock ./Cargo.lock
COPY ./Cargo.toml ./Cargo.toml
RUN cargo build --release
RUN rm src/*.rs
COPY ./src ./src
RUN rm ./target/release/deps/shop*
RUN cargo build --release
FROM debian:bookworm-slim
COPY --from=build /shop/target/release/shop .
CMD ["./shop"]
