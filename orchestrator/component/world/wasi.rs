//! What the host provides: the one list of its interfaces, for all that decides what may stay
//! an import. `host` proves by a test that it links these and no others.

use super::split_version;

/// The version that the host links. A component may have been built for any other of the same
/// minor version, as the runtime looks interfaces up.
pub const WASI_VERSION: semver::Version = semver::Version::new(0, 2, 12);

/// The interfaces that the host links, without their version.
pub const WASI_INTERFACES: [&str; 29] = [
    "wasi:cli/environment",
    "wasi:cli/exit",
    "wasi:cli/stderr",
    "wasi:cli/stdin",
    "wasi:cli/stdout",
    "wasi:cli/terminal-input",
    "wasi:cli/terminal-output",
    "wasi:cli/terminal-stderr",
    "wasi:cli/terminal-stdin",
    "wasi:cli/terminal-stdout",
    "wasi:clocks/monotonic-clock",
    "wasi:clocks/wall-clock",
    "wasi:filesystem/preopens",
    "wasi:filesystem/types",
    "wasi:http/outgoing-handler",
    "wasi:http/types",
    "wasi:io/error",
    "wasi:io/poll",
    "wasi:io/streams",
    "wasi:random/insecure",
    "wasi:random/insecure-seed",
    "wasi:random/random",
    "wasi:sockets/instance-network",
    "wasi:sockets/ip-name-lookup",
    "wasi:sockets/network",
    "wasi:sockets/tcp",
    "wasi:sockets/tcp-create-socket",
    "wasi:sockets/udp",
    "wasi:sockets/udp-create-socket",
];

/// Whether the host provides the interface `name`, in a version that fits its own.
pub fn is_provided(name: &str) -> bool {
    let (interface, version) = split_version(name);
    let fits = |version: semver::Version| {
        version.pre.is_empty()
            && (version.major, version.minor) == (WASI_VERSION.major, WASI_VERSION.minor)
    };
    version.is_some_and(fits) && WASI_INTERFACES.contains(&interface)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_host_has_is_provided() {
        for name in ["wasi:cli/exit@0.2.0", "wasi:io/poll@0.2.12", "wasi:http/types@0.2.99"] {
            assert!(is_provided(name), "{name}");
        }
        for name in [
            "wasi:keyvalue/store@0.2.0",
            "wasi:http/incoming-handler@0.2.0",
            "wasi:cli/run@0.2.0",
            "wasi:cli/exit@0.3.0",
            "wasi:cli/exit@0.1.0",
            "wasi:cli/exit@0.2.0-rc-2023-12-05",
            "wasi:cli/exit",
            "wasi:x",
        ] {
            assert!(!is_provided(name), "{name}");
        }
    }
}
