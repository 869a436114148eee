//! The flow component itself, put together.
//!
//! ```text
//! import poly:flow/types      the named types, if there are any
//! import NAME: type           those that the flows' own signatures mention, as WIT's `use`
//! import NAME: interface      for each import of the plan, with its resources and the functions that
//!                             are called, after those whose resources these mention
//! core instance memory        memory, cabi_realloc, reset
//! core functions              that drop the resources
//! core functions              the imports, lowered with that memory
//! core instance flows         the code, linked to both
//! export NAME: func           for each flow, lifted
//! ```

use std::collections::BTreeMap;

use wasm_encoder::{
    Alias, CanonicalOption, ComponentBuilder, ComponentExportKind, ComponentOuterAliasKind,
    ComponentTypeRef, ExportKind, InstanceType, ModuleArg, TypeBounds,
};

use super::code::{self, OWN};
use super::imports::Import;
use super::memory::{self, MEMORY, REALLOC, RESET};
use super::names::Names;
use super::plan::{Flow, Plan};
use super::types::{NamedTypes, Scope};
use crate::component::world::{Function, Resource};

/// The interface that holds the named types.
const TYPES: &str = "poly:flow/types";

/// The component's bytes.
pub(super) fn encode(plan: &Plan) -> Vec<u8> {
    let signatures: Vec<Function> = plan.flows.iter().map(signature).collect();
    let mut names = NamedTypes::new(Names::taken(plan.taken.iter().cloned()));
    for function in
        signatures.iter().chain(plan.imports.iter().flat_map(|import| import.functions.values()))
    {
        names.add(function);
    }
    let mut encoder = Encoder {
        component: ComponentBuilder::default(),
        names: &names,
        types: BTreeMap::new(),
        resources: BTreeMap::new(),
    };
    encoder.import_types();
    let used = encoder.use_types(&signatures);
    let mut functions = vec![Vec::new(); plan.imports.len()];
    for index in &plan.order {
        functions[*index] = encoder.import(&plan.imports[*index]);
    }
    let core = encoder.core(plan, &functions);
    encoder.export_flows(plan, &signatures, used, &core);
    encoder.component.finish()
}

/// A flow as the component's users see it.
fn signature(flow: &Flow) -> Function {
    Function {
        asynchronous: false,
        parameters: flow.parameters.clone(),
        result: flow.result.clone(),
    }
}

struct Encoder<'n> {
    component: ComponentBuilder,
    names: &'n NamedTypes,
    /// The named types of [`TYPES`], by name.
    types: BTreeMap<String, u32>,
    /// The resources, as signatures mention them.
    resources: BTreeMap<Resource, u32>,
}

/// What lifting and lowering need of the core instances.
struct Core {
    memory: u32,
    realloc: u32,
    flows: u32,
}

impl Encoder<'_> {
    /// Imports [`TYPES`] with all named types.
    fn import_types(&mut self) {
        if self.names.in_order.is_empty() {
            return;
        }
        let mut interface = InstanceType::new();
        let mut scope = Scope::new(self.names);
        for (name, ty) in &self.names.in_order {
            let structure = scope.define(&mut interface, ty);
            scope.named.insert(name.clone(), interface.type_count());
            interface.export(name, ComponentTypeRef::Type(TypeBounds::Eq(structure)));
        }
        let ty = self.component.type_instance(None, &interface);
        let instance = self.component.instance_count();
        self.component.import(TYPES, ComponentTypeRef::Instance(ty));
        for (name, _) in &self.names.in_order {
            let number = self.component.alias_export(instance, name, ComponentExportKind::Type);
            self.types.insert(name.clone(), number);
        }
    }

    /// Makes the types of the flows' own signatures visible at the component's top, as WIT's
    /// `use` in a world does; tools that read the component as WIT expect it.
    fn use_types(&mut self, signatures: &[Function]) -> BTreeMap<String, u32> {
        let mut used = BTreeMap::new();
        for name in self.names.used_by(signatures) {
            let number = self.component.type_count();
            let alias = ComponentTypeRef::Type(TypeBounds::Eq(self.types[name]));
            self.component.import(name, alias);
            used.insert(name.to_owned(), number);
        }
        used
    }

    /// Imports an interface and takes its resources and functions out of it.
    fn import(&mut self, import: &Import) -> Vec<u32> {
        let mut interface = InstanceType::new();
        let mut scope = Scope::new(self.names);
        let outer = |interface: &mut InstanceType, index| {
            let number = interface.type_count();
            let kind = ComponentOuterAliasKind::Type;
            interface.alias(Alias::Outer { kind, count: 1, index });
            number
        };
        for name in self.names.used_by(import.functions.values()) {
            scope.named.insert(name.to_owned(), outer(&mut interface, self.types[name]));
        }
        for resource in import.resources() {
            let number = interface.type_count();
            interface.export(&resource.name, ComponentTypeRef::Type(TypeBounds::SubResource));
            scope.resources.insert(resource, number);
        }
        for resource in import.mentioned() {
            if !scope.resources.contains_key(resource) {
                let number = outer(&mut interface, self.resources[resource]);
                scope.resources.insert(resource.clone(), number);
            }
        }
        for (name, ty) in &import.types {
            let structure = scope.define(&mut interface, ty);
            scope.others.insert(ty.without_names(), interface.type_count());
            interface.export(name, ComponentTypeRef::Type(TypeBounds::Eq(structure)));
        }
        for (name, function) in &import.functions {
            let (parameters, result) = scope.signature(&mut interface, function);
            let ty = interface.type_count();
            interface.ty().function().params(parameters).result(result);
            interface.export(name.as_str(), ComponentTypeRef::Func(ty));
        }
        let component = &mut self.component;
        let ty = component.type_instance(None, &interface);
        let instance = component.instance_count();
        component.import(import.name.as_str(), ComponentTypeRef::Instance(ty));
        for resource in import.resources() {
            let number =
                component.alias_export(instance, &resource.name, ComponentExportKind::Type);
            self.resources.insert(resource, number);
        }
        let functions = import.functions.keys();
        functions
            .map(|name| component.alias_export(instance, name, ComponentExportKind::Func))
            .collect()
    }

    /// Instantiates the memory, lowers the imports with it and links the code to both.
    fn core(&mut self, plan: &Plan, functions: &[Vec<u32>]) -> Core {
        let component = &mut self.component;
        let (flows, reserved) = code::module(plan);
        let memory = memory::module(reserved, &plan.constants.bytes);
        let module = component.core_module(None, &memory);
        let own = component.core_instantiate(None, module, no_arguments());
        let memory = component.core_alias_export(None, own, MEMORY, ExportKind::Memory);
        let realloc = component.core_alias_export(None, own, REALLOC, ExportKind::Func);
        let reset = component.core_alias_export(None, own, RESET, ExportKind::Func);
        let own = component.core_instantiate_exports(
            None,
            [(MEMORY, ExportKind::Memory, memory), (RESET, ExportKind::Func, reset)],
        );
        let mut arguments = vec![(OWN.to_owned(), ModuleArg::Instance(own))];
        let resources = code::resources(plan);
        if !resources.is_empty() {
            let drops: Vec<(String, ExportKind, u32)> = resources
                .iter()
                .enumerate()
                .map(|(index, resource)| {
                    let number = component.resource_drop(self.resources[resource]);
                    (index.to_string(), ExportKind::Func, number)
                })
                .collect();
            let drops = drops.iter().map(|(name, kind, number)| (name.as_str(), *kind, *number));
            let drops = component.core_instantiate_exports(None, drops.collect::<Vec<_>>());
            arguments.push((code::DROP.to_owned(), ModuleArg::Instance(drops)));
        }
        for (index, (import, functions)) in plan.imports.iter().zip(functions).enumerate() {
            let lowered: Vec<(&str, ExportKind, u32)> = import
                .functions
                .keys()
                .zip(functions)
                .map(|(name, function)| {
                    let number = component.lower_func(None, *function, options(memory, realloc));
                    (name.as_str(), ExportKind::Func, number)
                })
                .collect();
            let instance = component.core_instantiate_exports(None, lowered);
            arguments.push((code::module_name(index), ModuleArg::Instance(instance)));
        }
        let module = component.core_module(None, &flows);
        let arguments = arguments.iter().map(|(name, argument)| (name.as_str(), *argument));
        let flows = component.core_instantiate(None, module, arguments.collect::<Vec<_>>());
        Core { memory, realloc, flows }
    }

    fn export_flows(
        &mut self,
        plan: &Plan,
        signatures: &[Function],
        used: BTreeMap<String, u32>,
        core: &Core,
    ) {
        let mut scope = Scope::new(self.names);
        scope.named = used;
        scope.resources.clone_from(&self.resources);
        for (flow, signature) in plan.flows.iter().zip(signatures) {
            let component = &mut self.component;
            let function =
                component.core_alias_export(None, core.flows, &flow.name, ExportKind::Func);
            let post_return = code::post_return(&flow.name);
            let post_return =
                component.core_alias_export(None, core.flows, &post_return, ExportKind::Func);
            let (parameters, result) = scope.signature(component, signature);
            let (ty, mut encoder) = component.type_function(None);
            encoder.params(parameters).result(result);
            let mut options = options(core.memory, core.realloc).to_vec();
            options.push(CanonicalOption::PostReturn(post_return));
            let lifted = component.lift_func(None, function, ty, options);
            component.export(flow.name.as_str(), ComponentExportKind::Func, lifted, None);
        }
    }
}

fn options(memory: u32, realloc: u32) -> [CanonicalOption; 3] {
    [CanonicalOption::UTF8, CanonicalOption::Memory(memory), CanonicalOption::Realloc(realloc)]
}

fn no_arguments() -> [(&'static str, ModuleArg); 0] {
    []
}
