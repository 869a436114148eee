//! Which checks are made: those that `--filter` meets.

use crate::commands::CommandError;
use crate::manifest::Check;

/// The checks that hold one of the filters in what they are called, each with its number; all,
/// without any.
pub(super) fn select<'c>(
    checks: &'c [Check],
    filters: &[String],
) -> Result<Vec<(usize, &'c Check)>, CommandError> {
    let meets =
        |check: &Check, filter: &String| names(check).any(|name| name.contains(filter.as_str()));
    let idle = |filter: &&String| !checks.iter().any(|check| meets(check, filter));
    if let Some(filter) = filters.iter().find(idle) {
        let lines: Vec<_> = checks.iter().flat_map(names).map(|name| format!("  {name}")).collect();
        let checks = if lines.is_empty() {
            "the manifest has no check".to_owned()
        } else {
            format!("the checks are:\n{}", lines.join("\n"))
        };
        return Err(CommandError::NoSuchCheck { filter: filter.clone(), checks });
    }
    let all = checks.iter().enumerate();
    let is_met = |check: &Check| filters.iter().any(|filter| meets(check, filter));
    Ok(all.filter(|(_, check)| filters.is_empty() || is_met(check)).collect())
}

/// What a check may be known by: its name, its component, and its calls.
fn names(check: &Check) -> impl Iterator<Item = &str> {
    let named = check.name.iter().chain(&check.component);
    named.chain(check.texts()).map(|name| name.get_ref().as_str())
}
