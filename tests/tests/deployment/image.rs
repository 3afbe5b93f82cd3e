//! The container image.

use super::*;

#[test]
fn the_image_has_no_shell_no_root_and_the_function_that_it_is_asked_for() {
    let dockerfile = fs::read_to_string(infra().join("Dockerfile")).expect("the Dockerfile");
    let lines: Vec<&str> =
        dockerfile.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let last = lines.iter().rposition(|line| line.starts_with("FROM ")).expect("a base");
    assert_eq!(
        lines[last..],
        [
            "FROM gcr.io/distroless/cc-debian12:nonroot",
            "ARG BIN",
            "COPY --from=builder /build/target/release/${BIN} /function",
            "USER nonroot:nonroot",
            "ENTRYPOINT [\"/function\"]",
        ]
    );
    let rust = format!("FROM rust:{}-slim-bookworm AS chef", env!("CARGO_PKG_RUST_VERSION"));
    assert_eq!(lines[0], rust, "the toolchain that the workspace asks for");
    // Dependencies and functions are built identically for all images, the dependencies before the sources
    // are copied.
    let at = |start: &str| lines.iter().position(|line| line.starts_with(start)).expect(start);
    assert!(at("RUN cargo chef cook") < at("RUN cargo build"));
    let packages = |line: &str| {
        let quoted = line.split('\'').skip(1).step_by(2);
        quoted.map(|glob| glob.trim_end_matches('*').to_owned()).collect::<Vec<_>>()
    };
    let built = packages(lines[at("RUN cargo build")]);
    assert_eq!(built, packages(lines[at("RUN cargo chef cook")]));
    for name in functions_in_code() {
        assert!(
            infra().join("../functions").join(&name).join("src/main.rs").is_file(),
            "{name} is no binary"
        );
        assert!(built.iter().any(|prefix| name.starts_with(prefix.as_str())), "{name} is not built");
    }
    let ignored = fs::read_to_string(infra().join("../.dockerignore")).expect(".dockerignore");
    let mut sent = ignored.lines().filter(|line| !line.starts_with('#'));
    assert_eq!(sent.next(), Some("*"), "nothing is sent to the builder but what is listed");
    for member in ["functions", "shared", "tests", "infra", "Cargo.toml", "Cargo.lock"] {
        assert!(ignored.lines().any(|line| line == format!("!{member}")), "{member}");
    }
}
