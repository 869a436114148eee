//! The parts of a composition that the host is to link, so that it sees what goes from one to another.

use std::path::PathBuf;

use super::compose::{self, Assembly};
use super::driver::Driver;
use super::error::BuildError;
use crate::component::wiring::Link;
use crate::plan::Plan;

/// The parts of a composition, each by itself.
#[derive(Debug, Clone)]
pub struct Apart {
    /// The parts that are components of the pipeline; those that others take from come first.
    pub parts: Vec<PartAlone>,
    /// The component that holds the flows, if there are any, under its name. It comes last.
    pub flow: Option<(String, Vec<u8>)>,
    /// What meets which import.
    pub links: Vec<Link>,
}

/// One part.
#[derive(Debug, Clone)]
pub struct PartAlone {
    /// Its name.
    pub name: String,
    /// The component that it is an instance of.
    pub component: String,
    /// Its machine code, in the store.
    pub path: PathBuf,
}

impl Driver<'_> {
    /// Makes machine code of each part that the composed component has, and says how they are linked.
    pub fn build_apart(&self) -> Result<Apart, BuildError> {
        let plan = Plan::of_parts(&self.project.manifest);
        let components = self.until_whole(&plan, || self.components(&plan))?;
        let Assembly { parts, flow, wiring } =
            compose::assemble(&self.project.manifest, &components)?;
        let flow = flow.map(|flow| (flow.part.name, flow.part.bytes.into_owned()));
        let taking_part = wiring.order.iter();
        let taking_part = taking_part.filter_map(|name| parts.iter().find(|it| it.name == *name));
        let taking_part: Vec<_> = taking_part.collect();
        let components: Vec<&str> = taking_part.iter().map(|part| &*part.component).collect();
        let compiled = self.build_alone(&components)?;
        let parts = taking_part.into_iter().map(|part| PartAlone {
            name: part.name.clone(),
            component: part.component.clone(),
            path: compiled[&part.component].clone(),
        });
        let parts = parts.collect();
        Ok(Apart { parts, flow, links: wiring.links })
    }
}
