//! The module with the flows' code.
//!
//! It imports the memory, the function that gives everything back, and the stages' functions,
//! all numbered in the order of the plan; it exports a function for each flow and, for each,
//! the one that the runtime calls after it has read the result.

use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, ImportSection,
    Instruction, MemoryType, Module, TypeSection, ValType,
};

use super::layout::{self, MAX_FLAT_PARAMETERS, MAX_FLAT_RESULTS, Scalar};
use super::load::{Body, sole_scalar};
use super::memory::{MEMORY, RESET};
use super::plan::{Flow, Plan, Stage};
use crate::component::world::{Field, Type};

/// The import module of the memory and of [`RESET`].
pub(super) const OWN: &str = "flow";

/// Where the results' places begin; address 0 stays free, so that no valid address is null.
const FIRST_PLACE: u32 = 16;
/// Every place begins at a multiple of the widest alignment there is.
const PLACE_ALIGNMENT: u32 = 8;

/// How a function looks to core code that calls it or is it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CoreSignature {
    pub(super) parameters: Vec<ValType>,
    pub(super) results: Vec<ValType>,
}

/// Whether parameters go through memory.
fn indirect(parameters: &[Field]) -> bool {
    flat_parameters(parameters).len() > MAX_FLAT_PARAMETERS
}

fn flat_parameters(parameters: &[Field]) -> Vec<ValType> {
    parameters.iter().flat_map(|parameter| layout::flatten(&parameter.ty)).collect()
}

fn core_parameters(parameters: &[Field]) -> Vec<ValType> {
    if indirect(parameters) { vec![ValType::I32] } else { flat_parameters(parameters) }
}

fn flat_result(result: Option<&Type>) -> Vec<ValType> {
    result.map(layout::flatten).unwrap_or_default()
}

/// A function that is called: a result that is too wide goes to an address given last.
pub(super) fn import_signature(parameters: &[Field], result: Option<&Type>) -> CoreSignature {
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
    CoreSignature { parameters: core_parameters(flow.parameters()), results }
}

/// The name of the export that is called after `flow`.
pub(super) fn post_return(flow: &str) -> String {
    format!("cabi_post_{flow}")
}

/// The name under which a stage's function is imported from its import's module.
pub(super) fn module_name(import: usize) -> String {
    format!("import{import}")
}

/// The bytes that all flows together need at the start of memory. They share them, because no
/// flow can run while another does.
pub(super) fn reserved(plan: &Plan) -> u32 {
    plan.flows.iter().map(|flow| Places::new(flow).end).max().unwrap_or(FIRST_PLACE)
}

/// The module.
pub(super) fn module(plan: &Plan) -> Module {
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
    let mut numbers = vec![];
    let mut next = 1;
    for (index, import) in plan.imports.iter().enumerate() {
        numbers.push(next);
        for (name, function) in &import.functions {
            let signature = import_signature(&function.parameters, function.result.as_ref());
            imports.import(&module_name(index), name, EntityType::Function(ty(signature)));
            next += 1;
        }
    }
    let number = |stage: &Stage| {
        let import = &plan.imports[stage.import];
        let place = import.functions.keys().take_while(|name| **name != stage.function).count();
        numbers[stage.import]
            + u32::try_from(place).expect("fewer functions than a module may have")
    };

    for flow in &plan.flows {
        let signature = export_signature(flow);
        let results = signature.results.clone();
        functions.function(ty(signature));
        functions.function(ty(CoreSignature { parameters: results, results: Vec::new() }));
        exports.export(&flow.name, ExportKind::Func, next);
        exports.export(&post_return(&flow.name), ExportKind::Func, next + 1);
        next += 2;
        code.function(&Writer::new(flow).write(number));
        code.function(
            Function::new([]).instruction(&Instruction::Call(0)).instruction(&Instruction::End),
        );
    }
    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions).section(&exports).section(&code);
    module
}

/// Where the results of a flow and of its stages lie.
struct Places {
    /// The flow's own result.
    result: u32,
    /// Each stage's result. The last one's is where the flow's result wants it, so that it
    /// need not be moved.
    stages: Vec<u32>,
    end: u32,
}

impl Places {
    fn new(flow: &Flow) -> Self {
        let size = |ty: Option<&Type>| layout::align(ty.map_or(0, layout::size), PLACE_ALIGNMENT);
        let result = FIRST_PLACE;
        let mut end = result + size(flow.result.as_ref());
        let (_, earlier) = flow.stages.split_last().expect("a flow has stages");
        let mut stages: Vec<u32> = earlier
            .iter()
            .map(|stage| {
                let place = end;
                end += size(stage.signature.result.as_ref());
                place
            })
            .collect();
        stages.push(match &flow.result {
            Some(whole) if flow.wraps => result + layout::result_payload_offset(whole),
            _ => result,
        });
        Self { result, stages, end }
    }
}

/// Writes one flow's function.
struct Writer<'f> {
    flow: &'f Flow,
    places: Places,
    body: Body,
}

impl<'f> Writer<'f> {
    fn new(flow: &'f Flow) -> Self {
        let parameters = core_parameters(flow.parameters()).len();
        Self { flow, places: Places::new(flow), body: Body::new(parameters) }
    }

    fn write(mut self, number: impl Fn(&Stage) -> u32) -> Function {
        let last = self.flow.stages.len() - 1;
        for (index, stage) in self.flow.stages.iter().enumerate() {
            self.call(index, stage, number(stage));
            if index < last {
                self.leave_on_error(index, stage);
            }
        }
        if self.flow.wraps {
            self.store_case(0);
        }
        self.push_result();
        self.body.push(Instruction::End);
        let mut function = Function::new_with_locals_types(self.body.locals);
        for instruction in &self.body.code {
            function.instruction(instruction);
        }
        function
    }

    /// Calls a stage, so that its result lies in its place.
    fn call(&mut self, index: usize, stage: &Stage, number: u32) {
        let place = self.places.stages[index];
        let flat = flat_result(stage.signature.result.as_ref()).len();
        if flat == 1 {
            self.body.constant(place);
        }
        self.push_arguments(index, stage);
        if flat > MAX_FLAT_RESULTS {
            self.body.constant(place);
        }
        self.body.push(Instruction::Call(number));
        if let (1, Some(result)) = (flat, &stage.signature.result) {
            self.body.store_scalar(sole_scalar(result));
        }
    }

    fn push_arguments(&mut self, index: usize, stage: &Stage) {
        let parameters = &stage.signature.parameters;
        let Some(before) = index.checked_sub(1) else {
            // The first stage takes the flow's own parameters, as they came.
            for parameter in (0_u32..).zip(core_parameters(parameters)).map(|(number, _)| number) {
                self.body.push(Instruction::LocalGet(parameter));
            }
            return;
        };
        let Some(parameter) = parameters.first() else { return };
        let place = self.places.stages[before];
        let value = match &self.flow.stages[before].signature.result {
            Some(result @ Type::Result { .. }) => place + layout::result_payload_offset(result),
            _ => place,
        };
        if indirect(parameters) {
            self.body.constant(value);
        } else {
            self.body.load(&parameter.ty, value);
        }
    }

    /// After a stage that can fail: if it did, its error becomes the flow's.
    fn leave_on_error(&mut self, index: usize, stage: &Stage) {
        let (Some(result @ Type::Result { error, .. }), Some(whole)) =
            (&stage.signature.result, &self.flow.result)
        else {
            return;
        };
        let place = self.places.stages[index];
        self.body.load_scalar(Scalar::U8, place);
        self.body.push(Instruction::If(wasm_encoder::BlockType::Empty));
        self.store_case(1);
        if let Some(error) = error {
            self.body.constant(self.places.result + layout::result_payload_offset(whole));
            self.body.constant(place + layout::result_payload_offset(result));
            self.body.constant(layout::size(error));
            self.body.push(Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 });
        }
        self.push_result();
        self.body.push(Instruction::Return);
        self.body.push(Instruction::End);
    }

    /// Stores whether the flow's result is `ok` (0) or an error (1).
    fn store_case(&mut self, case: u32) {
        self.body.constant(self.places.result);
        self.body.constant(case);
        self.body.store_scalar(Scalar::U8);
    }

    /// Pushes what the function returns: the result itself or its address.
    fn push_result(&mut self) {
        let Some(result) = &self.flow.result else { return };
        if layout::flatten(result).len() > MAX_FLAT_RESULTS {
            self.body.constant(self.places.result);
        } else {
            self.body.load(result, self.places.result);
        }
    }
}
