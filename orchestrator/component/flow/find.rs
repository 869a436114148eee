//! Which function a stage means by the name in the manifest.

use super::error::{At, FlowError, FlowErrorKind};
use crate::component::part::Part;
use crate::component::world::{Function, Item, split_version};
use crate::nearest::suggestion;

/// A function that a part exports.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found<'p> {
    pub(super) part: &'p Part<'p>,
    /// The interface that exports it, by its full name; none if the part itself does.
    pub(super) interface: Option<&'p str>,
    /// Its name as WIT has it: `get`, `[method]counter.get`.
    pub(super) name: &'p str,
    pub(super) signature: &'p Function,
}

/// The one function that the stage names.
pub(super) fn function<'p>(parts: &'p [Part<'p>], at: &At<'_>) -> Result<Found<'p>, FlowError> {
    let Some((component, path)) = at.stage.call.split_once('/') else {
        let help = "a stage is `component/function` or `component/interface.function`";
        return Err(at.error(FlowErrorKind::Malformed, help));
    };
    let Some(part) = parts.iter().find(|part| part.name == component) else {
        let known = parts.iter().map(|part| part.name.as_str());
        let help = suggestion(component, known, "the components are");
        let component = component.to_owned();
        return Err(at.error(FlowErrorKind::UnknownComponent { component }, help));
    };
    let functions = functions(part);
    match &candidates(&functions, path)[..] {
        [one] => Ok(*one),
        [] => {
            let known: Vec<_> = functions.iter().map(Found::path).collect();
            let help = suggestion(path, known.iter().map(String::as_str), "it exports");
            let (component, function) = (component.to_owned(), path.to_owned());
            Err(at.error(FlowErrorKind::UnknownFunction { component, function }, help))
        }
        several => {
            let candidates = several.iter().map(Found::written).collect();
            let help = "write the interface before the function";
            Err(at.error(FlowErrorKind::Ambiguous { candidates }, help))
        }
    }
}

impl Found<'_> {
    /// Its name behind the slash, with the interface's short name.
    fn path(&self) -> String {
        match self.interface {
            Some(interface) => format!("{}.{}", short_name(interface), plain(self.name)),
            None => plain(self.name).to_owned(),
        }
    }

    /// As a stage could name it and nothing else.
    fn written(&self) -> String {
        match self.interface {
            Some(interface) => format!("{}/{interface}.{}", self.part.name, plain(self.name)),
            None => format!("{}/{}", self.part.name, plain(self.name)),
        }
    }
}

/// What `path` may mean: one of the part's own goes before those of interfaces, a full
/// interface name before a short one, and an interface before a resource of that name.
fn candidates<'p>(functions: &[Found<'p>], path: &str) -> Vec<Found<'p>> {
    let named = |fits: &dyn Fn(&Found<'_>) -> bool| -> Vec<Found<'p>> {
        functions.iter().copied().filter(fits).collect()
    };
    let under = |found: &Found<'_>, short: &dyn Fn(&str) -> String| {
        found.interface.is_some_and(|interface| {
            path.strip_prefix(&*short(interface)).and_then(|rest| rest.strip_prefix('.'))
                == Some(plain(found.name))
        })
    };
    let own = named(&|found| found.interface.is_none() && plain(found.name) == path);
    let full = named(&|found| under(found, &str::to_owned));
    let short = named(&|found| {
        under(found, &|interface| split_version(interface).0.to_owned())
            || under(found, &|interface| short_name(interface).to_owned())
    });
    let bare = named(&|found| found.interface.is_some() && plain(found.name) == path);
    [own, full, short, bare].into_iter().find(|found| !found.is_empty()).unwrap_or_default()
}

/// Every function of `part`.
fn functions<'p>(part: &'p Part<'p>) -> Vec<Found<'p>> {
    let mut all = Vec::new();
    for (export, item) in &part.world.exports {
        match item {
            Item::Function(signature) => {
                all.push(Found { part, interface: None, name: export, signature });
            }
            Item::Interface(interface) => {
                all.extend(interface.functions.iter().map(|(name, signature)| Found {
                    part,
                    interface: Some(export),
                    name,
                    signature,
                }));
            }
            Item::Type(_) => {}
        }
    }
    all
}

/// A function's name without WIT's marks: `counter.get` for a method or a static function of
/// `counter`, and `counter` for its constructor.
fn plain(name: &str) -> &str {
    match name.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, name)) => name,
        None => name,
    }
}

/// An interface's own name, without namespace, package and version.
pub(super) fn short_name(interface: &str) -> &str {
    let unversioned = split_version(interface).0;
    unversioned.rsplit_once('/').map_or(unversioned, |(_, name)| name)
}
