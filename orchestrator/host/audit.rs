//! Grants held against what components import: what nobody can use, and what reaches several.

use crate::component::world::split_version;
use crate::manifest::{Grants, Manifest, SocketGrant};
use crate::nearest::quoted;

/// A grant: its key, the interfaces by any of which it is used (those that begin so), and whether
/// it leads out of the sandbox by what it gives.
struct Use {
    key: &'static str,
    interfaces: Vec<&'static str>,
    leads_out: bool,
}

/// What is granted, in the order of the manifest's documentation.
fn uses(grants: &Grants) -> Vec<Use> {
    let socket = |by: fn(&SocketGrant) -> bool| {
        grants.network.iter().any(|text| text.get_ref().parse().is_ok_and(|grant| by(&grant)))
    };
    let sockets = [
        (socket(|grant| grant.tcp), "wasi:sockets/tcp"),
        (socket(|grant| grant.udp), "wasi:sockets/udp"),
    ];
    let sockets =
        sockets.into_iter().filter_map(|(granted, interface)| granted.then_some(interface));
    let environment = "wasi:cli/environment";
    let handler = "wasi:http/outgoing-handler";
    [
        ("dirs", !grants.dirs.is_empty(), vec!["wasi:filesystem/"], true),
        ("env", !grants.env.is_empty(), vec![environment], false),
        ("inherit-env", !grants.inherit_env.is_empty(), vec![environment], false),
        ("secrets", !grants.secrets.is_empty(), vec![environment], true),
        ("args", !grants.args.is_empty(), vec![environment], false),
        ("stdin", grants.stdin.is_on(), vec!["wasi:cli/stdin"], false),
        ("stdout", grants.stdout.is_granted(), vec!["wasi:cli/stdout"], false),
        ("stderr", grants.stderr.is_granted(), vec!["wasi:cli/stderr"], false),
        ("clocks", grants.clocks.is_on(), vec!["wasi:clocks/"], false),
        ("random", grants.random.is_on(), vec!["wasi:random/"], false),
        ("http", !grants.http.is_empty(), vec![handler], true),
        ("names", !grants.names.is_empty(), vec!["wasi:sockets/ip-name-lookup"], true),
        ("network", !grants.network.is_empty(), sockets.collect(), true),
        ("private-addresses", grants.private_addresses, vec![handler], false),
    ]
    .into_iter()
    .filter(|(_, granted, ..)| *granted)
    .map(|(key, _, interfaces, leads_out)| Use { key, interfaces, leads_out })
    .collect()
}

impl Use {
    fn is_by(&self, import: &str) -> bool {
        let (interface, _) = split_version(import);
        self.interfaces.iter().any(|it| interface.starts_with(it))
    }
}

/// What is granted and of no use, since nobody imports what it takes; a line for each.
pub fn unused<'a>(
    manifest: &Manifest,
    imports: &(impl Iterator<Item = &'a str> + Clone),
) -> Vec<String> {
    let unused = uses(&manifest.grants).into_iter();
    let unused = unused.filter(|grant| !imports.clone().any(|import| grant.is_by(import)));
    let told = unused.map(|Use { key, interfaces, .. }| {
        let place = manifest.place_of_grant(key);
        let interfaces = interfaces.iter().map(|name| name.trim_end_matches('/'));
        let interfaces: Vec<_> = interfaces.map(|name| format!("`{name}`")).collect();
        format!("{place} grants `{key}`, and no component imports {}", interfaces.join(" or "))
    });
    told.collect()
}

/// What leads out of the sandbox and reaches more than one part, since equal imports of theirs
/// become one; a line for each. `imports` says who imports what.
pub fn shared<'a>(
    manifest: &Manifest,
    imports: &(impl Iterator<Item = (&'a str, &'a [String])> + Clone),
) -> Vec<String> {
    let leading = uses(&manifest.grants).into_iter().filter(|grant| grant.leads_out);
    let told = leading.filter_map(|grant| {
        let by = imports.clone().filter(|(import, _)| grant.is_by(import));
        // In the order of the composition, each once.
        let mut parts: Vec<&str> = Vec::new();
        for part in by.flat_map(|(_, parts)| parts) {
            if !parts.contains(&part.as_str()) {
                parts.push(part);
            }
        }
        let place = manifest.place_of_grant(grant.key);
        (parts.len() > 1).then(|| {
            format!(
                "{place} grants `{}` to all of {}: what one part imports is what the others import",
                grant.key,
                quoted(parts.iter().copied())
            )
        })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    const EVERYTHING: &str = "
        dirs = [{ host = 'd', guest = '/d' }]
        env = { A = '1' }
        inherit-env = ['B']
        secrets = ['C']
        args = ['d']
        stdin = true
        stdout = true
        stderr = 'inherit'
        clocks = true
        random = { seed = 1 }
        http = ['h.org']
        names = ['h.org']
        network = ['tcp://127.0.0.1:80']
        private-addresses = true
        allow-broad = true";

    fn manifest(grants: &str) -> Manifest {
        let text = format!(
            "[pipeline]\nname = 'p'\n[component.a]\npath = '.'\ntoolchain = 't'\n[grants]\n{grants}"
        );
        Manifest::parse("here/pipeline.toml", &text).unwrap()
    }

    #[test]
    fn what_nobody_imports_is_told_at_its_line() {
        let manifest = manifest(EVERYTHING);
        snapbox::assert_data_eq!(
            unused(&manifest, &std::iter::empty()).join("\n") + "\n",
            snapbox::str![[r"
here/pipeline.toml:8 grants `dirs`, and no component imports `wasi:filesystem`
here/pipeline.toml:9 grants `env`, and no component imports `wasi:cli/environment`
here/pipeline.toml:10 grants `inherit-env`, and no component imports `wasi:cli/environment`
here/pipeline.toml:11 grants `secrets`, and no component imports `wasi:cli/environment`
here/pipeline.toml:12 grants `args`, and no component imports `wasi:cli/environment`
here/pipeline.toml:13 grants `stdin`, and no component imports `wasi:cli/stdin`
here/pipeline.toml:14 grants `stdout`, and no component imports `wasi:cli/stdout`
here/pipeline.toml:15 grants `stderr`, and no component imports `wasi:cli/stderr`
here/pipeline.toml:16 grants `clocks`, and no component imports `wasi:clocks`
here/pipeline.toml:17 grants `random`, and no component imports `wasi:random`
here/pipeline.toml:18 grants `http`, and no component imports `wasi:http/outgoing-handler`
here/pipeline.toml:19 grants `names`, and no component imports `wasi:sockets/ip-name-lookup`
here/pipeline.toml:20 grants `network`, and no component imports `wasi:sockets/tcp`
here/pipeline.toml:21 grants `private-addresses`, and no component imports `wasi:http/outgoing-handler`

"]]
        );
        let imports = [
            "wasi:filesystem/types@0.2.3",
            "wasi:cli/environment@0.2.0",
            "wasi:cli/stdin@0.2.3",
            "wasi:cli/stdout@0.2.3",
            "wasi:cli/stderr@0.2.3",
            "wasi:clocks/wall-clock@0.2.3",
            "wasi:random/random@0.2.3",
            "wasi:http/outgoing-handler@0.2.3",
            "wasi:sockets/ip-name-lookup@0.2.3",
            "wasi:sockets/udp@0.2.3",
        ];
        let left = unused(&manifest, &imports.into_iter());
        let expected =
            "here/pipeline.toml:20 grants `network`, and no component imports `wasi:sockets/tcp`";
        assert_eq!(left, [expected]);
        assert!(unused(&self::manifest(""), &std::iter::empty()).is_empty());
    }

    #[test]
    fn what_reaches_several_parts_is_told() {
        let manifest =
            manifest("http = ['h.org']\nclocks = true\ndirs = [{ host = 'd', guest = 'd' }]");
        let both = ["a".to_owned(), "b".to_owned()];
        let imports = BTreeMap::from([
            ("wasi:http/outgoing-handler@0.2.0", &both[..1]),
            ("wasi:http/outgoing-handler@0.2.3", &both[..]),
            ("wasi:clocks/wall-clock@0.2.3", &both[..]),
            ("wasi:filesystem/types@0.2.3", &both[..1]),
        ]);
        assert_eq!(
            shared(&manifest, &imports.iter().map(|(import, parts)| (*import, *parts))),
            [
                "here/pipeline.toml:7 grants `http` to all of `a`, `b`: what one part imports is what \
              the others import"
            ]
        );
    }
}
