//! What is wrong with a whole table of grants: what is no grant, what is granted twice, and what
//! is more than anybody needs.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use super::{Access, Grants, Host, HttpOrigin, Output, SocketGrant, Spanned, Switch};
use crate::manifest::Manifest;
use crate::manifest::error::Fault;
use crate::manifest::path::{check_granted, check_relative, normal};

/// Adds all that is wrong with `grants`, which stand in `manifest`.
pub(in crate::manifest) fn faults(grants: &Grants, manifest: &Manifest, faults: &mut Vec<Fault>) {
    directories(grants, faults);
    variables(grants, faults);
    streams(grants, manifest, faults);
    requests(grants, faults);
    for name in &grants.names {
        if !matches!(Host::read(name.get_ref()), Some(Host::Name(_))) {
            let message = format!("`{}` is not a name that can be looked up", name.get_ref());
            let help = "write each name in full, such as `db.example.com`: what is looked up tells \
                        whoever answers for it something";
            faults.push(Fault::at(name.span(), message, "not granted").advise(help));
        }
    }
    for address in &grants.network {
        if let Err(error) = address.get_ref().parse::<SocketGrant>() {
            faults.push(Fault::told(address.span(), &error.to_string(), "not granted"));
        }
    }
}

fn directories(grants: &Grants, faults: &mut Vec<Fault>) {
    for (index, directory) in grants.dirs.iter().enumerate() {
        let span = directory.host.span();
        let writes = directory.access == Access::ReadWrite;
        let host = directory.host.get_ref();
        if let Err(text) = check_granted(host, writes, grants.allow_broad) {
            faults.push(Fault::told(span.clone(), &text, "not granted"));
        }
        if directory.guest.is_empty() {
            let help = "write the path that the components open, such as `guest = \"/data\"`";
            let message = "the granted directory has no name for the guest";
            faults.push(Fault::at(span.clone(), message, "this directory").advise(help));
        }
        let first = grants.dirs[..index].iter().find(|first| first.guest == directory.guest);
        if let Some(first) = first {
            let message = format!("two directories are granted as `{}`", directory.guest);
            let fault = Fault::at(span, message, "this one");
            faults.push(fault.and_at(first.host.span(), "and this one"));
        }
    }
}

fn variables(grants: &Grants, faults: &mut Vec<Fault>) {
    let mut granted: BTreeMap<&str, &str> =
        grants.env.keys().map(|name| (name.as_str(), "env")).collect();
    let lists = [("inherit-env", &grants.inherit_env), ("secrets", &grants.secrets)];
    for (key, name) in
        lists.iter().flat_map(|(key, names)| names.iter().map(move |name| (*key, name)))
    {
        let text = name.get_ref().as_str();
        if text == Grants::WHOLE_ENVIRONMENT && key == "inherit-env" {
            if !grants.allow_broad {
                let message = "the whole environment cannot be granted";
                faults.push(broad(name, message, "name each variable that is passed on"));
            }
        } else if text.contains(['*', '?', '=', '\0']) || text.is_empty() {
            let message = format!("`{text}` is not the name of one environment variable");
            let help = "name each variable that is passed on";
            faults.push(Fault::at(name.span(), message, "not granted").advise(help));
        } else if let Some(first) = granted.insert(text, key) {
            let message = format!("the environment variable `{text}` is granted twice");
            let help = "say it once: with a value in `env`, or passed on by `inherit-env`, or by \
                        `secrets`, which are never shown";
            let label = format!("also in `{first}`");
            faults.push(Fault::at(name.span(), message, label).advise(help));
        }
    }
}

fn streams(grants: &Grants, manifest: &Manifest, faults: &mut Vec<Fault>) {
    let input = match &grants.stdin {
        Switch::As(input) => Some(("stdin", &input.file)),
        Switch::Off | Switch::On => None,
    };
    let outputs = [("stdout", &grants.stdout), ("stderr", &grants.stderr)];
    let outputs = outputs.into_iter().filter_map(|(key, output)| match output {
        Output::File(file) => Some((key, file)),
        _ => None,
    });
    let path = Path::new(manifest.source.name());
    let own = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
    let sources = manifest.sources();
    let mut seen: Vec<(String, &Spanned<String>)> = Vec::new();
    for (key, file) in input.into_iter().chain(outputs) {
        let (text, span) = (file.get_ref(), file.span());
        if let Err(text) = check_relative(&format!("the file for `{key}`"), text) {
            faults.push(Fault::told(span, &text, "not a file below the manifest"));
            continue;
        }
        let plain = normal(text).expect("it does not leave the manifest's directory");
        if key != "stdin" && plain == own {
            let message = format!("what is written to `{key}` would replace this manifest");
            let fault = Fault::at(span.clone(), message, "the manifest itself");
            faults.push(fault.advise("write the name of a file that is for nothing else"));
        }
        let made_of = sources.iter().find(|made_of| Path::new(&plain).starts_with(made_of));
        if let Some(made_of) = made_of.filter(|_| key != "stdin" && !grants.allow_broad) {
            let message = format!(
                "what is written to `{key}` would change `{made_of}`, of which the next build is made"
            );
            let fault = Fault::at(span.clone(), message, "part of the next build");
            faults.push(fault.advise("write the name of a file that is for nothing else"));
        }
        if let Some((_, first)) = seen.iter().find(|(other, _)| *other == plain) {
            let fault = Fault::at(span, format!("two streams are the file `{plain}`"), "this one");
            let help = "give each a file of its own: whichever writes empties it first";
            faults.push(fault.and_at(first.span(), "and this one").advise(help));
        }
        seen.push((plain, file));
    }
}

fn requests(grants: &Grants, faults: &mut Vec<Fault>) {
    for origin in &grants.http {
        match origin.get_ref().parse::<HttpOrigin>() {
            Ok(read) if read.is_broad() && !grants.allow_broad => {
                let message = format!(
                    "`{}` is more hosts than anybody can name, which cannot be granted",
                    origin.get_ref()
                );
                faults.push(broad(
                    origin,
                    message,
                    "name each host, or `*.` and what is above several",
                ));
            }
            Ok(_) => {}
            Err(error) => {
                faults.push(Fault::told(origin.span(), &error.to_string(), "not granted"));
            }
        }
    }
}

/// A grant of more than anybody needs.
fn broad(grant: &Spanned<String>, message: impl Into<String>, narrower: &str) -> Fault {
    let help = format!("{narrower}; or say `allow-broad = true` in `[grants]`");
    Fault::at(grant.span(), message, "not granted").advise(help)
}
