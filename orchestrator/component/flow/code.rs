//! The module with the flows' code.
//!
//! It imports the memory, the function that gives everything back, those that drop resources,
//! and the stages' functions, all numbered in the order of the plan; it exports a function for
//! each flow and, for each, the one that the runtime calls after it has read the result.

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    Instruction, MemoryType, Module, TypeSection, ValType,
};

use super::imports::Import;
use super::layout::{self, MAX_FLAT_PARAMETERS, MAX_FLAT_RESULTS};
use super::memory::{MEMORY, RESET};
use super::plan::{Flow, Plan, Stage};
use super::write::Writer;
use crate::component::world::{Field, Resource, Type};

/// The import module of the memory and of [`RESET`].
pub(super) const OWN: &str = "flow";
/// The import module of the functions that drop resources, which are named by their number.
pub(super) const DROP: &str = "drop";

/// How a function looks to core code that calls it or is it.
#[derive(Debug, PartialEq, Eq)]
struct CoreSignature {
    parameters: Vec<ValType>,
    results: Vec<ValType>,
}

/// Whether parameters go through memory.
pub(super) fn indirect(parameters: &[Field]) -> bool {
    flat_parameters(parameters).len() > MAX_FLAT_PARAMETERS
}

fn flat_parameters(parameters: &[Field]) -> Vec<ValType> {
    parameters.iter().flat_map(|parameter| layout::flatten(&parameter.ty)).collect()
}

pub(super) fn core_parameters(parameters: &[Field]) -> Vec<ValType> {
    if indirect(parameters) { vec![ValType::I32] } else { flat_parameters(parameters) }
}

fn flat_result(result: Option<&Type>) -> Vec<ValType> {
    result.map(layout::flatten).unwrap_or_default()
}

/// A function that is called: a result that is too wide goes to an address given last.
fn import_signature(parameters: &[Field], result: Option<&Type>) -> CoreSignature {
    let mut parameters = core_parameters(parameters);
    let mut results = flat_result(result);
    if results.len() > MAX_FLAT_RESULTS {
        parameters.push(ValType::I32);
        results.clear();
    }
    CoreSignature { parameters, results }
}

/// A function that is offered: the address of a result that is too wide is returned.
fn export_signature(flow: &Flow) -> CoreSignature {
    let mut results = flat_result(flow.result.as_ref());
    if results.len() > MAX_FLAT_RESULTS {
        results = vec![ValType::I32];
    }
    CoreSignature { parameters: core_parameters(&flow.parameters), results }
}

/// The name of the export that is called after `flow`.
pub(super) fn post_return(flow: &str) -> String {
    format!("cabi_post_{flow}")
}

/// The name under which a stage's function is imported from its import's module.
pub(super) fn module_name(import: usize) -> String {
    format!("import{import}")
}

/// The resources that a plan imports, each as the signatures mention it.
pub(super) fn resources(plan: &Plan) -> Vec<Resource> {
    plan.imports.iter().flat_map(Import::resources).collect()
}

/// The numbers of the functions that the module imports.
pub(super) struct Numbers<'p> {
    plan: &'p Plan,
    resources: Vec<Resource>,
    /// The first function of each import of the plan.
    imports: Vec<u32>,
}

impl Numbers<'_> {
    /// Of a stage's function.
    pub(super) fn stage(&self, stage: &Stage) -> u32 {
        let functions = &self.plan.imports[stage.import].functions;
        let place = functions.keys().take_while(|name| **name != stage.function).count();
        self.imports[stage.import] + number(place)
    }

    /// Of the function that drops a handle of a resource.
    pub(super) fn drop(&self, resource: &Resource) -> u32 {
        let place = self.resources.iter().position(|known| known == resource);
        1 + number(place.expect("every resource that is mentioned is imported"))
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).expect("fewer functions than a module may have")
}

/// The module, and how many bytes at the start of memory it needs. The flows share them, because
/// no flow can run while another does.
pub(super) fn module(plan: &Plan) -> (Module, u32) {
    let mut types = TypeSection::new();
    let mut imports = ImportSection::new();
    let (mut functions, mut exports, mut code) =
        (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    let mut ty = |signature: CoreSignature| {
        types.ty().function(signature.parameters, signature.results);
        types.len() - 1
    };

    let any_memory = MemoryType {
        minimum: 1,
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    };
    imports.import(OWN, MEMORY, EntityType::Memory(any_memory));
    let nothing = CoreSignature { parameters: Vec::new(), results: Vec::new() };
    imports.import(OWN, RESET, EntityType::Function(ty(nothing)));
    let resources = resources(plan);
    for index in 0..resources.len() {
        let handle = CoreSignature { parameters: vec![ValType::I32], results: Vec::new() };
        imports.import(DROP, &index.to_string(), EntityType::Function(ty(handle)));
    }
    let mut next = 1 + number(resources.len());
    let mut numbers = Numbers { plan, resources, imports: Vec::new() };
    for (index, import) in plan.imports.iter().enumerate() {
        numbers.imports.push(next);
        for (name, function) in &import.functions {
            let signature = import_signature(&function.parameters, function.result.as_ref());
            imports.import(&module_name(index), name, EntityType::Function(ty(signature)));
            next += 1;
        }
    }

    let mut reserved = plan.constants.end();
    for flow in &plan.flows {
        let signature = export_signature(flow);
        let results = signature.results.clone();
        functions.function(ty(signature));
        functions.function(ty(CoreSignature { parameters: results, results: Vec::new() }));
        exports.export(&flow.name, ExportKind::Func, next);
        exports.export(&post_return(&flow.name), ExportKind::Func, next + 1);
        next += 2;
        let (function, end) = Writer::new(flow, &numbers, plan.constants.end()).write();
        reserved = reserved.max(end);
        code.function(&function);
        code.function(
            Function::new([]).instruction(&Instruction::Call(0)).instruction(&Instruction::End),
        );
    }
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    (module, reserved)
}
