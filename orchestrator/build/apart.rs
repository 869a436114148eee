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
    /// The parts that are components of the pipeline, by their names: each with its machine code in
    /// the store. Those that others take from come first.
    pub parts: Vec<(String, PathBuf)>,
    /// The component that holds the flows, if there are any, under its name. It comes last.
    pub flow: Option<(String, Vec<u8>)>,
    /// What meets which import.
    pub links: Vec<Link>,
}

impl Driver<'_> {
    /// Makes machine code of each part that the composed component has, and says how they are linked.
    pub fn build_apart(&self) -> Result<Apart, BuildError> {
        let plan = Plan::of_parts(&self.project.manifest);
        let components = self.until_whole(&plan, || self.components(&plan))?;
        let Assembly { parts, flow, wiring } =
            compose::assemble(&self.project.manifest, &components)?;
        let flow = flow.map(|flow| (flow.part.name, flow.part.bytes.into_owned()));
        let taking_part = wiring.order.iter().filter_map(|name| {
            parts.iter().find(|part| part.name == *name).map(|part| (name, &part.component))
        });
        let taking_part: Vec<(&String, &String)> = taking_part.collect();
        let components: Vec<&str> = taking_part.iter().map(|(_, name)| name.as_str()).collect();
        let compiled = self.build_alone(&components)?;
        let parts = taking_part.into_iter();
        let parts = parts.map(|(name, of)| (name.clone(), compiled[of].clone())).collect();
        Ok(Apart { parts, flow, links: wiring.links })
    }
}
