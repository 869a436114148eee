//! What the host gives by each interface, in the words of `[grants]`: the same rules as `grants`,
//! `network` and `stand_in` follow, told and not done.

use std::fmt::Write as _;

use crate::component::graph::Given;
use crate::component::world::split_version;
use crate::manifest::{Access, DirectoryGrant, Grants, Spanned};

/// What a component gets by the interface `import` of WASI with these grants.
pub fn given(grants: &Grants, import: &str) -> Given {
    let (interface, _) = split_version(import);
    let (package, name) = interface.split_once('/').unwrap_or((interface, ""));
    let switch = |on: bool, grant: &str| on.then(|| grant.to_owned());
    match (package, name) {
        ("wasi:cli", "environment") => Given::of(environment(grants), "no variables, no arguments"),
        ("wasi:cli", "exit") => Given::Free("it ends the call and nothing else"),
        ("wasi:cli", "stdin") => Given::of(switch(grants.stdin, "stdin"), "it is empty"),
        ("wasi:cli", "stdout") => Given::of(switch(grants.stdout, "stdout"), "it is thrown away"),
        ("wasi:cli", "stderr") => Given::of(switch(grants.stderr, "stderr"), "it is thrown away"),
        ("wasi:cli", _) => Given::Free("there is no terminal"),
        ("wasi:clocks", _) => Given::of(
            switch(grants.clocks, "clocks"),
            "time begins in 2000 and passes by reading it and by sleeping",
        ),
        ("wasi:filesystem", _) => {
            Given::of(grants.dirs.iter().map(directory), "there is no directory")
        }
        ("wasi:http", _) => Given::Nothing("every request is refused"),
        ("wasi:random", _) => {
            Given::of(switch(grants.random, "random"), "the same numbers in every run")
        }
        ("wasi:sockets", "ip-name-lookup") => Given::Nothing("no name is looked up"),
        ("wasi:sockets", _) => Given::of(network(grants), "every address is refused"),
        _ => Given::Free("it serves the other interfaces"),
    }
}

fn environment(grants: &Grants) -> Vec<String> {
    let list = |key: &str, words: Vec<String>| {
        (!words.is_empty()).then(|| format!("{key} {}", words.join(", ")))
    };
    [
        list("env", grants.env.keys().map(|name| word(name)).collect()),
        list("inherit-env", grants.inherit_env.iter().map(|name| word(name.get_ref())).collect()),
        list("args", grants.args.iter().map(|argument| word(argument)).collect()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn directory(grant: &DirectoryGrant) -> String {
    let access = match grant.access {
        Access::Read => "read",
        Access::ReadWrite => "read-write",
    };
    format!("dirs {} ({access})", word(&grant.guest))
}

fn network(grants: &Grants) -> Option<String> {
    let mut addresses = grants.network.iter().map(Spanned::get_ref);
    let mut text = format!("network {}", word(addresses.next()?));
    for address in addresses {
        let _ = write!(text, ", {}", word(address));
    }
    Some(text)
}

/// As it is, or quoted if it would run into what stands beside it.
fn word(text: &str) -> String {
    let plain = |character: char| {
        !character.is_whitespace() && !character.is_control() && !"\"',;".contains(character)
    };
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("{text:?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::world::WASI_INTERFACES;

    fn told(grants: &str) -> Vec<String> {
        let grants: Grants = toml::from_str(grants).unwrap();
        let told = |name: &&str| format!("{name}: {}", given(&grants, &format!("{name}@0.2.3")));
        WASI_INTERFACES.iter().map(told).collect()
    }

    /// What `given` says when nothing is granted, for all that the host links.
    #[test]
    fn nothing_is_granted_unless_it_is() {
        snapbox::assert_data_eq!(
            told("").join("\n") + "\n",
            snapbox::str![[r"
wasi:cli/environment: nothing is granted: no variables, no arguments
wasi:cli/exit: needs no grant: it ends the call and nothing else
wasi:cli/stderr: nothing is granted: it is thrown away
wasi:cli/stdin: nothing is granted: it is empty
wasi:cli/stdout: nothing is granted: it is thrown away
wasi:cli/terminal-input: needs no grant: there is no terminal
wasi:cli/terminal-output: needs no grant: there is no terminal
wasi:cli/terminal-stderr: needs no grant: there is no terminal
wasi:cli/terminal-stdin: needs no grant: there is no terminal
wasi:cli/terminal-stdout: needs no grant: there is no terminal
wasi:clocks/monotonic-clock: nothing is granted: time begins in 2000 and passes by reading it and by sleeping
wasi:clocks/wall-clock: nothing is granted: time begins in 2000 and passes by reading it and by sleeping
wasi:filesystem/preopens: nothing is granted: there is no directory
wasi:filesystem/types: nothing is granted: there is no directory
wasi:http/outgoing-handler: nothing is granted: every request is refused
wasi:http/types: nothing is granted: every request is refused
wasi:io/error: needs no grant: it serves the other interfaces
wasi:io/poll: needs no grant: it serves the other interfaces
wasi:io/streams: needs no grant: it serves the other interfaces
wasi:random/insecure: nothing is granted: the same numbers in every run
wasi:random/insecure-seed: nothing is granted: the same numbers in every run
wasi:random/random: nothing is granted: the same numbers in every run
wasi:sockets/instance-network: nothing is granted: every address is refused
wasi:sockets/ip-name-lookup: nothing is granted: no name is looked up
wasi:sockets/network: nothing is granted: every address is refused
wasi:sockets/tcp: nothing is granted: every address is refused
wasi:sockets/tcp-create-socket: nothing is granted: every address is refused
wasi:sockets/udp: nothing is granted: every address is refused
wasi:sockets/udp-create-socket: nothing is granted: every address is refused

"]]
        );
    }

    /// One row for each grant: what it opens, and that it opens nothing else.
    #[test]
    fn each_grant_is_told_where_it_counts() {
        let nothing = told("");
        for (grants, prefix, expected) in [
            (
                "dirs = [{ host = 'd', guest = '/data' }, { host = 'o', guest = '/my out', access = 'read-write' }]",
                "wasi:filesystem/",
                "granted: dirs /data (read); dirs \"/my out\" (read-write)",
            ),
            (
                "env = { A = '1', B = '2' }\ninherit-env = ['LANG']\nargs = ['--fast', 'a b', '']",
                "wasi:cli/environment",
                "granted: env A, B; inherit-env LANG; args --fast, \"a b\", \"\"",
            ),
            ("stdin = true", "wasi:cli/stdin", "granted: stdin"),
            ("stdout = true", "wasi:cli/stdout", "granted: stdout"),
            ("stderr = true", "wasi:cli/stderr", "granted: stderr"),
            ("clocks = true", "wasi:clocks/", "granted: clocks"),
            ("random = true", "wasi:random/", "granted: random"),
        ] {
            for (before, after) in nothing.iter().zip(told(grants)) {
                match after.strip_prefix(prefix) {
                    Some(rest) => assert!(rest.ends_with(expected), "{grants}: {after}"),
                    None => assert_eq!(*before, after, "{grants}"),
                }
            }
        }
        for line in told("network = ['127.0.0.1:80', '[::1]:53']") {
            let named = line.starts_with("wasi:sockets/") && !line.contains("ip-name-lookup");
            assert_eq!(line.ends_with("granted: network 127.0.0.1:80, [::1]:53"), named, "{line}");
        }
    }
}
