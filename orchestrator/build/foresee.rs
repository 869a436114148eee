//! What a build would do about each action, and why, before any of it is done.

use std::collections::BTreeMap;

use poly_cache::{Artifact, Digest};

use super::driver::Driver;
use super::error::BuildError;
use super::state::Last;
use crate::component::compose::Choice;
use crate::plan::{Action, Fingerprint, Plan, Reason};
use crate::toolchain::ToolError;

/// An action, and what a build would do about it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Planned {
    /// The action.
    pub action: Action,
    /// What would be done.
    #[serde(flatten)]
    pub state: PlannedState,
    /// What it depends on, as far as that is known before it runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<Fingerprint>,
    /// Its last run here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<Last>,
    /// Who composes, and why: of the compose action, as far as that is known and was looked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub composer: Option<Choice>,
}

/// What a build would do about an action.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum PlannedState {
    /// Nothing: its artifact is in the store.
    Cached {
        /// The artifact.
        artifact: Artifact,
        /// What changed since the last build here, if that made another.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        changed: Vec<Reason>,
    },
    /// Run it.
    Run {
        /// Why.
        reasons: Vec<Reason>,
    },
}

impl Driver<'_> {
    /// What a build would do, and why. Starts no build and installs nothing; what it learns of
    /// tools and files is kept. Who composes takes long to find out where components are large:
    /// unless `all` is to be said, that is done only where there is something to compose.
    pub fn plan(&self, run: bool, all: bool) -> Result<Vec<Planned>, BuildError> {
        self.hold_to_lock(false)?;
        let plan = Plan::of(&self.project.manifest, run);
        let mut known: BTreeMap<Action, Artifact> = BTreeMap::new();
        let mut planned = Vec::new();
        for (action, needs) in plan.needs() {
            let missing = needs.iter().find(|need| !known.contains_key(need));
            let (state, fingerprint, composer) = if let Some(missing) = missing {
                let reasons = vec![Reason::Upstream { action: missing.clone() }];
                (PlannedState::Run { reasons }, None, None)
            } else {
                let taken: Vec<Artifact> = needs.iter().map(|need| known[need]).collect();
                let (state, fingerprint) = self.foresee(action, &taken)?;
                let told = all || matches!(state, PlannedState::Run { .. });
                let told = told && *action == Action::Compose;
                let composer = told.then(|| self.composer(&taken)).flatten();
                (state, fingerprint, composer)
            };
            if let PlannedState::Cached { artifact, .. } = &state {
                known.insert(action.clone(), *artifact);
            }
            let last = self.lock_state().here(action).cloned();
            planned.push(Planned { action: action.clone(), state, fingerprint, last, composer });
        }
        self.remember();
        Ok(planned)
    }

    fn foresee(
        &self,
        action: &Action,
        taken: &[Artifact],
    ) -> Result<(PlannedState, Option<Fingerprint>), BuildError> {
        let prepared = match self.prepare(action, taken, false, &|| {}) {
            Ok(prepared) => prepared,
            Err(BuildError::Tool(ToolError::NotFound(missing))) => {
                let reasons = vec![Reason::ToolMissing { name: missing.tool }];
                return Ok((PlannedState::Run { reasons }, None));
            }
            Err(other) => return Err(other),
        };
        let fingerprint = prepared.fingerprint;
        let key = fingerprint.key();
        let is_another = || self.lock_state().key(action).is_some_and(|last| last != key);
        let state = match self.find(action, &key, taken)? {
            Some((artifact, _)) => {
                let changed = is_another().then(|| self.reasons(action, &fingerprint, &key));
                let mut changed = changed.transpose()?.unwrap_or_default();
                changed.extend(self.gone_output(action));
                PlannedState::Cached { artifact, changed }
            }
            None => PlannedState::Run { reasons: self.reasons(action, &fingerprint, &key)? },
        };
        Ok((state, Some(fingerprint)))
    }

    /// The composed component in the pipeline, if a build here left it there and somebody took it away.
    fn gone_output(&self, action: &Action) -> Option<Reason> {
        let composed = self.project.composed();
        let is_known = *action == Action::Compose && self.lock_state().here(action).is_some();
        let path = composed.strip_prefix(&self.project.root).unwrap_or(&composed);
        let gone = || Reason::OutputGone { path: path.display().to_string() };
        (is_known && !composed.exists()).then(gone)
    }

    /// Why an action whose artifact is not there must run, or what changed since its last run.
    pub(super) fn reasons(
        &self,
        action: &Action,
        fingerprint: &Fingerprint,
        key: &Digest,
    ) -> Result<Vec<Reason>, BuildError> {
        let last = self.lock_state().last(action).cloned();
        let Some(last) = last else {
            return Ok(vec![Reason::NeverBuilt]);
        };
        let mut reasons = Vec::from_iter(last.failed.then_some(Reason::LastFailed));
        if let Some(last) = last.known() {
            match self.artifacts.record(&last)? {
                None => reasons.push(Reason::RecordGone),
                Some(_) if last == *key => reasons.push(Reason::ArtifactGone),
                Some(record) => reasons.extend(fingerprint.differences(&record.fingerprint)),
            }
        }
        Ok(reasons)
    }
}
