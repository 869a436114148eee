//! Builds everything twice from nothing and compares, bit by bit: `poly build --verify`.
//!
//! Both builds are those of the [`Driver`], each in a checkout, a cache and circumstances of its own.
//! Nothing is taken from the cache of other builds and nothing goes there. The **circumstances** are
//! what must not count: where the checkout is and how deep, when the files that tools see were written
//! and in which order, the user's name and home, the place for temporary files, the file mode mask, the
//! number of processors, and, where a toolchain lets them in, the time zone and the language.
//!
//! Machine code is not compared: it depends on the machine, and it is not what anybody ships.

mod circumstances;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use poly_cache::{Artifact, Digest, Store};
use serde::Serialize;

use super::cache::BUILDS;
use super::driver::{Driver, Options};
use super::error::BuildError;
use super::event::Event;
use super::project::Project;
use super::recipe;
use crate::component::difference::{Differences, differences};
use crate::manifest::Profile;
use crate::plan::{Action, Plan};
use circumstances::Circumstances;

/// How many parts of one artifact are told that differ.
const TOLD: usize = 10;

/// What came of two builds.
#[derive(Debug, Clone)]
pub struct Verified {
    /// Each artifact, in the order of the plan.
    pub compared: Vec<Compared>,
    /// How long each build took.
    pub elapsed: [Duration; 2],
}

/// One artifact of both builds.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Compared {
    /// What made it.
    pub action: Action,
    /// Its digest in the first and in the second build.
    pub digests: [Digest; 2],
    /// Its size in bytes, likewise.
    pub sizes: [u64; 2],
    /// What that means.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// What it means that two artifacts are equal or not.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// They are equal.
    Equal,
    /// They differ, and nothing says that they may.
    Differs {
        /// Where.
        differences: Differences,
    },
    /// They differ, as the manifest or the toolchain says.
    Varies {
        /// Why.
        reason: String,
        /// Where.
        differences: Differences,
    },
    /// They differ because what they were made from does.
    Follows {
        /// What made that.
        from: Vec<Action>,
    },
}

impl Verified {
    /// Whether nothing differs but what is said to.
    pub fn is_reproducible(&self) -> bool {
        !self.compared.iter().any(|one| matches!(one.verdict, Verdict::Differs { .. }))
    }

    /// How many artifacts are equal.
    pub fn equal(&self) -> usize {
        self.compared.iter().filter(|one| matches!(one.verdict, Verdict::Equal)).count()
    }
}

/// Builds `project` twice and compares. All that is written lies below a new directory in the cache of
/// `options`, and is gone afterwards.
pub fn verify(
    project: &Project,
    options: &Options,
    tell: &(dyn Fn(Event) + Sync),
) -> Result<Verified, BuildError> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |source| BuildError::Write { path, source }
    };
    // There it is collected, should poly be killed.
    let builds = options.cache.join(BUILDS);
    std::fs::create_dir_all(&builds).map_err(unwritable(&builds))?;
    let top = tempfile::Builder::new().prefix("verify-").tempdir_in(&builds);
    let top = top.map_err(unwritable(&builds))?;
    let both = Circumstances::two(top.path(), options);
    let plan = Plan::of(&project.manifest, false);
    let here = Driver::open(project, options.clone(), tell)?;
    here.hold_to_lock(options.install)?;
    let inputs = recipe::all_inputs(project, &here.sources).map_err(Box::new)?;
    let mut builds = Vec::new();
    for (index, circumstances) in both.iter().enumerate() {
        tell(Event::Round { number: index + 1, about: circumstances.about.to_owned() });
        let started = Instant::now();
        let build = || {
            let checkout = circumstances.check_out(project, &inputs)?;
            let _settled = circumstances.settle();
            let driver = Driver::open(&checkout, circumstances.options(options), tell)?;
            driver.make_all(&plan)
        };
        match build() {
            Ok(made) => builds.push((circumstances.cache.clone(), made, started.elapsed())),
            Err(error) => {
                // What the error points to must be there.
                let text = format!("what the builds left is kept in `{}`", top.keep().display());
                tell(Event::Warning { text });
                return Err(error);
            }
        }
    }
    let [(one, first, took), (other, second, took_too)] = &builds[..] else {
        unreachable!("there are two circumstances")
    };
    let mut compared = Vec::new();
    for (action, needs) in plan.needs() {
        let artifacts = [first[action], second[action]];
        let from: Vec<Action> =
            needs.iter().filter(|need| first[*need] != second[*need]).cloned().collect();
        let verdict = if artifacts[0] == artifacts[1] {
            Verdict::Equal
        } else if from.is_empty() {
            let differences = where_they_differ([one, other], artifacts)?;
            match reason(project, action) {
                Some(reason) => Verdict::Varies { reason, differences },
                None => Verdict::Differs { differences },
            }
        } else {
            Verdict::Follows { from }
        };
        compared.push(Compared {
            action: action.clone(),
            digests: artifacts.map(|artifact| artifact.digest),
            sizes: artifacts.map(|artifact| artifact.size),
            verdict,
        });
    }
    Ok(Verified { compared, elapsed: [*took, *took_too] })
}

/// Why what an action makes may differ, if something says so.
fn reason(project: &Project, action: &Action) -> Option<String> {
    let Action::Build(name) = action else { return None };
    let (component, toolchain) = project.component(name);
    let promised = || format!("`{}` promises no equal bytes", toolchain.name);
    component.varies.clone().or_else(|| match component.profile {
        _ if !toolchain.reproducible => Some(toolchain.varies.clone().unwrap_or_else(promised)),
        Profile::Debug => toolchain.debug_varies.clone(),
        Profile::Release => None,
    })
}

fn where_they_differ(
    caches: [&PathBuf; 2],
    artifacts: [Artifact; 2],
) -> Result<Differences, BuildError> {
    let mut bytes = Vec::new();
    for (cache, artifact) in caches.into_iter().zip(artifacts) {
        let read = Store::open(cache)?.read(&artifact.digest)?;
        bytes.push(read.ok_or(BuildError::Damaged { digest: artifact.digest })?);
    }
    let found = differences(&bytes[0], &bytes[1], TOLD);
    Ok(found.expect("what has two digests is not equal"))
}
