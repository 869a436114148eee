//! Components that are hard to compile, within bounds of time and memory. One kind is small, and says of
//! itself that it is large: instances of components that consist of instances. The other is one function
//! that is as large as a function may be.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use snapbox::{assert_data_eq, str};
use wasm_encoder::{
    BlockType, CodeSection, ComponentBuilder, ComponentExportKind, ComponentValType, ExportKind,
    ExportSection, Function, FunctionSection, InstructionSink, Module, ModuleArg, TypeSection,
    ValType,
};

use crate::fake::wasm;
use crate::place::{Place, children};

/// A component with 2^`levels` instances of one that has a function; the innermost can be called.
fn bomb(levels: u32) -> Vec<u8> {
    let mut text = String::from(
        "(component
           (component $level-0
             (core module $m (func (export \"f\")))
             (core instance $i (instantiate $m))
             (func (export \"f\") (canon lift (core func $i \"f\"))))",
    );
    for level in 1..=levels {
        let below = level - 1;
        let _ = write!(
            text,
            "(component $level-{level}
               (instance $one (instantiate $level-{below}))
               (instance (instantiate $level-{below}))
               (export \"f\" (func $one \"f\")))"
        );
    }
    let _ = write!(
        text,
        "(instance $all (instantiate $level-{levels})) (export \"f\" (func $all \"f\")))"
    );
    wasm(&text)
}

/// A component that exports `f`, which has so many numbers to itself and this code.
fn function(locals: u32, write: impl FnOnce(&mut InstructionSink<'_>)) -> Vec<u8> {
    let mut body = Function::new([(locals, ValType::I32)]);
    write(&mut body.instructions());
    body.instructions().end();
    let mut types = TypeSection::new();
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut exports = ExportSection::new();
    exports.export("f", ExportKind::Func, 0);
    let mut code = CodeSection::new();
    code.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&exports).section(&code);

    let mut component = ComponentBuilder::default();
    let module = component.core_module(None, &module);
    let nothing: [(&str, ModuleArg); 0] = [];
    let instance = component.core_instantiate(None, module, nothing);
    let inner = component.core_alias_export(None, instance, "f", ExportKind::Func);
    let (of, mut signature) = component.type_function(None);
    let nothing: [(&str, ComponentValType); 0] = [];
    signature.params(nothing).result(None);
    let outer = component.lift_func(None, inner, of, []);
    component.export("f", ComponentExportKind::Func, outer, None);
    component.finish()
}

/// Functions that are large in different ways: in length, in what leads where, and in what is kept from
/// one place to another.
fn large_functions() -> [Vec<u8>; 3] {
    const DEPTH: u32 = 60_000;
    const LOCALS: u32 = 50_000;
    let long = function(1, |code| {
        for number in 0..500_000 {
            code.local_get(0).i32_const(number).i32_mul().local_set(0);
        }
    });
    let deep = function(1, |code| {
        for _ in 0..DEPTH {
            code.block(BlockType::Empty);
        }
        for _ in 0..20 {
            code.block(BlockType::Empty).local_get(0).br_table(0..DEPTH, 0).end();
        }
        for _ in 0..DEPTH {
            code.end().local_get(0).i32_const(1).i32_add().local_set(0);
        }
    });
    // At the beginning of each loop, each of them may be what it was or what it became.
    let wide = function(LOCALS, |code| {
        for _ in 0..1_000 {
            code.loop_(BlockType::Empty);
        }
        for local in 0..LOCALS {
            code.local_get(local).i32_const(1).i32_add().local_set(local);
        }
        for local in 0..1_000 {
            code.local_get(local).br_if(0).end();
        }
    });
    [long, deep, wide]
}

fn place(component: &[u8], limits: &str) -> Place {
    let place = Place::new().with_fake_tools();
    place.write("bomb/source.wasm", component);
    set_limits(&place, limits);
    place
}

fn set_limits(place: &Place, limits: &str) {
    let manifest = format!(
        "[pipeline]\nname = \"bomb\"\n[component.bomb]\npath = \"bomb\"\ntoolchain = \"fake\"\n\
         [limits]\n{limits}\n"
    );
    place.write("pipeline.toml", manifest);
}

/// How many files are in a directory of the cache.
fn count(place: &Place, directory: &str) -> usize {
    fs::read_dir(place.cache.join(directory)).unwrap().count()
}

/// Only what is said of the failure.
fn failure(place: &Place) -> String {
    let said = place.run(&["run", "f()"]).expect(1).stderr;
    said.split_once("error: ").expect("an error").1.to_owned()
}

#[test]
fn what_takes_too_long_is_stopped() {
    let place = place(&bomb(40), "compile-time = \"300ms\"");
    let begun = Instant::now();
    assert_data_eq!(
        failure(&place),
        str![[r#"
compiling the composed component took longer than `limits.compile-time`, which is 300ms
  help: if it rightly takes longer, say so under `[limits]`, such as `compile-time = "30m"`

"#]]
    );
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[test]
fn what_takes_too_much_memory_is_stopped() {
    let place = place(&bomb(40), "compile-memory = \"128MiB\"");
    assert_data_eq!(
        failure(&place),
        str![[r#"
compiling the composed component took more memory than `limits.compile-memory`, which is 128MiB
  help: if it rightly takes more, say so under `[limits]`, such as `compile-memory = "16GiB"`

"#]]
    );
}

#[test]
fn a_function_as_large_as_may_be_is_stopped() {
    let time = ("compile-time = \"1s\"", "longer than `limits.compile-time`, which is 1s\n");
    let memory = (
        "compile-memory = \"192MiB\"",
        "more memory than `limits.compile-memory`, which is 192MiB\n",
    );
    let [long, deep, wide] = large_functions();
    for (component, bounds) in
        [(long, vec![time, memory]), (deep, vec![time]), (wide, vec![memory])]
    {
        let place = place(&component, "");
        // What the first left behind, the second would find.
        for (limits, expected) in bounds {
            set_limits(&place, limits);
            let said = failure(&place);
            assert!(said.contains(expected), "{said}");
            assert!(said.contains("\n  help: if it rightly takes "), "{said}");
            assert_eq!(count(&place, "temporary"), 0);
        }
    }
}

/// With bounds that are wide enough, what is compiled elsewhere runs here.
#[test]
fn what_keeps_within_the_bounds_runs() {
    let place = place(&bomb(3), "compile-time = \"1m\"\ncompile-memory = \"1GiB\"");
    place.run(&["run", "f()"]).expect(0);
    assert_eq!(count(&place, "temporary"), 0, "machine code lies in the store, and nowhere else");
}

#[test]
fn ctrl_c_and_even_a_kill_end_the_compiler_too() {
    for (signal, code) in [(Signal::INT, Some(130)), (Signal::KILL, None)] {
        let place = place(&bomb(40), "");
        let mut poly = place.poly(&["run", "f()"]).stderr(Stdio::null()).spawn().unwrap();
        let compiler = wait_for(|| compiler_below(poly.id()));
        kill_process(Pid::from_child(&poly), signal).unwrap();
        assert_eq!(poly.wait().unwrap().code(), code, "{signal:?}");
        wait_for(|| is_gone(compiler).then_some(()));
    }
}

fn wait_for<T>(look: impl Fn() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_mins(1);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "it does not happen");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The process that compiles for this poly.
fn compiler_below(poly: u32) -> Option<u32> {
    children(poly).into_iter().find(|process| {
        let line = fs::read_to_string(format!("/proc/{process}/cmdline"));
        line.is_ok_and(|line| line.split('\0').any(|it| it == "precompile"))
    })
}

/// Whether a process has ended, waited for or not.
fn is_gone(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).map_or(true, |stat| {
        stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with(['Z', 'X']))
    })
}
