//! The parts of a composition that the host is to link, so that it sees what goes from one to another.

use std::fs;
use std::path::PathBuf;

use tempfile::NamedTempFile;

use super::compose::{self, Assembly};
use super::driver::Driver;
use super::error::BuildError;
use super::prepare::written;
use crate::component::wiring::Link;
use crate::plan::Plan;

/// The parts of a composition, each by itself.
#[derive(Debug)]
pub struct Apart {
    /// The parts that are components of the pipeline; those that others take from come first.
    pub parts: Vec<PartAlone>,
    /// The machine code of the component that holds the flows, if there are any, under its name. It
    /// comes last.
    pub flow: Option<(String, NamedTempFile)>,
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
        let flow = flow.map(|flow| {
            // poly wrote it, and its types are those of the parts: it is compiled as they are.
            let component = self.artifacts.draft()?;
            let write = fs::write(component.path(), &flow.part.bytes);
            write.map_err(|source| written(component.path(), source))?;
            let code = self.machine_code(component.path(), "the flows")?;
            Ok::<_, BuildError>((flow.part.name, code))
        });
        let flow = flow.transpose()?;
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
