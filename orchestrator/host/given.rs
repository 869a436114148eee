//! What the host gives by each interface, in the words of `[grants]`: the same rules as `grants`,
//! `network` and `stand_in` follow, told and not done.

use crate::component::graph::Given;
use crate::component::world::split_version;
use crate::manifest::{Access, ClockSettings, DirectoryGrant, Grants, Output, Spanned, Switch};

/// What a component gets by the interface `import` of WASI with these grants.
pub fn given(grants: &Grants, import: &str) -> Given {
    let (interface, _) = split_version(import);
    let (package, name) = interface.split_once('/').unwrap_or((interface, ""));
    match (package, name) {
        ("wasi:cli", "environment") => Given::of(environment(grants), "no variables, no arguments"),
        ("wasi:cli", "exit") => Given::Free("it ends the call and nothing else"),
        ("wasi:cli", "stdin") => Given::of(stdin(grants), "it is empty"),
        ("wasi:cli", "stdout") => Given::of(output("stdout", &grants.stdout), "it is thrown away"),
        ("wasi:cli", "stderr") => Given::of(output("stderr", &grants.stderr), "it is thrown away"),
        ("wasi:cli", _) => Given::Free("there is no terminal"),
        ("wasi:clocks", _) => Given::of(
            clocks(grants),
            "time begins in 2000 and passes by reading it and by sleeping",
        ),
        ("wasi:filesystem", _) => {
            Given::of(grants.dirs.iter().map(directory), "there is no directory")
        }
        ("wasi:http", _) => Given::of(http(grants), "every request is refused"),
        ("wasi:random", _) => Given::of(random(grants), "the same numbers in every run"),
        ("wasi:sockets", "ip-name-lookup") => Given::of(
            list("names", grants.names.iter().map(Spanned::get_ref)),
            "no name is looked up",
        ),
        ("wasi:sockets", _) => Given::of(
            list("network", grants.network.iter().map(Spanned::get_ref)),
            "every address is refused",
        ),
        _ => Given::Free("it serves the other interfaces"),
    }
}

fn environment(grants: &Grants) -> Vec<String> {
    [
        list("env", grants.env.keys()),
        list("inherit-env", grants.inherit_env.iter().map(Spanned::get_ref)),
        list("secrets", grants.secrets.iter().map(Spanned::get_ref)),
        list("args", &grants.args),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn stdin(grants: &Grants) -> Option<String> {
    match &grants.stdin {
        Switch::Off => None,
        Switch::On => Some("stdin".to_owned()),
        Switch::As(from) => Some(format!("stdin from {}", word(from.file.get_ref()))),
    }
}

fn output(key: &str, output: &Output) -> Option<String> {
    match output {
        Output::Off => None,
        Output::Captured => Some(key.to_owned()),
        Output::Inherited => Some(format!("{key} straight to poly's")),
        Output::File(file) => Some(format!("{key} into {}", word(file.get_ref()))),
    }
}

fn clocks(grants: &Grants) -> Option<String> {
    let Switch::As(ClockSettings { fixed, scale }) = &grants.clocks else {
        return grants.clocks.is_on().then(|| "clocks".to_owned());
    };
    let from = if fixed.is_some() { "from a fixed moment" } else { "from now" };
    Some(match scale {
        Some(scale) => format!("clocks {from}, {} times as fast as real time", scale.get()),
        None => format!("clocks {from}, which pass by reading them and by sleeping"),
    })
}

fn random(grants: &Grants) -> Option<String> {
    match grants.random {
        Switch::Off => None,
        Switch::On => Some("random".to_owned()),
        Switch::As(settings) => Some(format!("random from the seed {}", settings.seed)),
    }
}

fn http(grants: &Grants) -> Vec<String> {
    let origins = list("http", grants.http.iter().map(Spanned::get_ref));
    let private = grants.private_addresses.then(|| "private-addresses".to_owned());
    origins.map_or_else(Vec::new, |origins| [origins].into_iter().chain(private).collect())
}

/// A key and what it lists, if anything.
fn list<'a>(key: &str, words: impl IntoIterator<Item = &'a String>) -> Option<String> {
    let words: Vec<String> = words.into_iter().map(|text| word(text)).collect();
    (!words.is_empty()).then(|| format!("{key} {}", words.join(", ")))
}

fn directory(grant: &DirectoryGrant) -> String {
    let access = match grant.access {
        Access::Read => "read",
        Access::ReadWrite => "read-write",
    };
    format!("dirs {} ({access})", word(&grant.guest))
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
                "env = { A = '1', B = '2' }\ninherit-env = ['LANG']\nargs = ['--fast', 'a b', '']\n\
                 secrets = ['TOKEN']",
                "wasi:cli/environment",
                "granted: env A, B; inherit-env LANG; secrets TOKEN; args --fast, \"a b\", \"\"",
            ),
            ("stdin = { file = 'in.txt' }", "wasi:cli/stdin", "granted: stdin from in.txt"),
            ("stdout = 'inherit'", "wasi:cli/stdout", "granted: stdout straight to poly's"),
            ("stderr = { file = 'e' }", "wasi:cli/stderr", "granted: stderr into e"),
            (
                "clocks = { fixed = '2026-01-01T00:00:00Z' }",
                "wasi:clocks/",
                "granted: clocks from a fixed moment, which pass by reading them and by sleeping",
            ),
            (
                "clocks = { scale = 10 }",
                "wasi:clocks/",
                "granted: clocks from now, 10 times as fast as real time",
            ),
            ("random = { seed = 7 }", "wasi:random/", "granted: random from the seed 7"),
            (
                "http = ['https://h.org', '*.h.org']\nprivate-addresses = true",
                "wasi:http/",
                "granted: http https://h.org, *.h.org; private-addresses",
            ),
            ("names = ['h.org']", "wasi:sockets/ip-name-lookup", "granted: names h.org"),
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
