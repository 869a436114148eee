//! Resources in flows over real components: who has them, who borrows them, and that each is
//! dropped once.

mod of_host;

use wasmtime::component::{Component, Instance, Linker, Val};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{ResourceTable, WasiCtx, WasiCtxView, WasiView};

use super::super::{FlowSource, StageSource, generate};
use super::composed::built;
use crate::component::audit::audit;
use crate::component::compose::compose;
use crate::component::part::Part;
use crate::component::wiring::{self, Wiring, wire};

const OWNER: &str = "package a:b;
    interface api {
        enum factor { one, two }
        record reading { by: factor, value: u32 }
        resource counter {
            constructor(start: u32);
            read: func(by: factor) -> reading;
            add: func(more: u32);
            get: func() -> u32;
            join: static func(one: counter, other: counter) -> counter;
        }
        record pair { one: counter, note: string }
        open: func(start: u32) -> result<counter, string>;
        check: func(start: u32) -> result<u32, string>;
        refuse: func(counter: counter) -> result<u32, string>;
        look: func(counter: borrow<counter>) -> result<u32, string>;
        pairs: func(start: u32) -> list<pair>;
        some: func(start: u32) -> list<option<counter>>;
        sum: func(pairs: list<pair>) -> u32;
        all: func(counters: list<borrow<counter>>, times: u32) -> u32;
        touch: func(one: borrow<counter>, other: borrow<counter>);
        touch-both: func(of: tuple<borrow<counter>, borrow<counter>>);
        two: func(one: borrow<counter>, other: borrow<counter>) -> u32;
        both: func(of: tuple<borrow<counter>, borrow<counter>>) -> u32;
        tell: func(reason: string) -> u32;
        dropped: func() -> u32;
    }
    world w { export api; }";

/// Counts in cells of four bytes. `open` fails for 0; `check` fails for 1, `refuse` and `look`
/// for what holds 2.
const OWNER_CODE: &str = r#"
    (import "[export]a:b/api" "[resource-new]counter" (func $new (param i32) (result i32)))
    (import "[export]a:b/api" "[resource-rep]counter" (func $rep (param i32) (result i32)))
    (import "[export]a:b/api" "[resource-drop]counter" (func $drop (param i32)))
    (global $cell (mut i32) (i32.const 256))
    (global $dropped (mut i32) (i32.const 0))
    (data (i32.const 128) "no")
    (func $make (param i32) (result i32)
        (i32.store (global.get $cell) (local.get 0))
        (global.set $cell (i32.add (global.get $cell) (i32.const 4)))
        (call $new (i32.sub (global.get $cell) (i32.const 4))))
    (func $take (param i32) (result i32) (local $value i32)
        (local.set $value (i32.load (call $rep (local.get 0))))
        (call $drop (local.get 0))
        (local.get $value))
    (func $result (param $bad i32) (param $value i32) (result i32)
        (i32.store (i32.const 64) (local.get $bad))
        (i32.store (i32.const 68)
            (if (result i32) (local.get $bad) (then (i32.const 128)) (else (local.get $value))))
        (i32.store (i32.const 72) (i32.const 2))
        (i32.const 64))
    (func (export "a:b/api#[constructor]counter") (param i32) (result i32)
        (call $make (local.get 0)))
    (func (export "a:b/api#[method]counter.add") (param i32 i32)
        (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (local.get 1))))
    (func (export "a:b/api#[method]counter.get") (param i32) (result i32)
        (i32.load (local.get 0)))
    (func (export "a:b/api#[method]counter.read") (param i32 i32) (result i32)
        (i32.store8 (i32.const 64) (local.get 1))
        (i32.store (i32.const 68)
            (i32.mul (i32.load (local.get 0)) (i32.add (local.get 1) (i32.const 1))))
        (i32.const 64))
    (func (export "a:b/api#[static]counter.join") (param i32 i32) (result i32)
        (call $make (i32.add (call $take (local.get 0)) (call $take (local.get 1)))))
    (func (export "a:b/api#[dtor]counter") (param i32)
        (global.set $dropped (i32.add (global.get $dropped) (i32.const 1))))
    (func (export "a:b/api#open") (param i32) (result i32)
        (call $result (i32.eqz (local.get 0))
            (if (result i32) (local.get 0) (then (call $make (local.get 0))) (else (i32.const 0)))))
    (func (export "a:b/api#check") (param i32) (result i32)
        (call $result (i32.eq (local.get 0) (i32.const 1)) (local.get 0)))
    (func (export "a:b/api#refuse") (param i32) (result i32)
        (local.set 0 (call $take (local.get 0)))
        (call $result (i32.eq (local.get 0) (i32.const 2)) (local.get 0)))
    (func (export "a:b/api#look") (param i32) (result i32)
        (local.set 0 (i32.load (local.get 0)))
        (call $result (i32.eq (local.get 0) (i32.const 2)) (local.get 0)))
    (func (export "a:b/api#pairs") (param i32) (result i32)
        (i32.store (i32.const 160) (call $make (local.get 0)))
        (i32.store (i32.const 164) (i32.const 128))
        (i32.store (i32.const 168) (i32.const 2))
        (i32.store (i32.const 172) (call $make (i32.const 10)))
        (i32.store (i32.const 176) (i32.const 128))
        (i32.store (i32.const 180) (i32.const 1))
        (i32.store (i32.const 64) (i32.const 160))
        (i32.store (i32.const 68) (i32.const 2))
        (i32.const 64))
    (func (export "a:b/api#some") (param i32) (result i32)
        (i32.store (i32.const 160) (i32.const 1))
        (i32.store (i32.const 164) (call $make (local.get 0)))
        (i32.store (i32.const 168) (i32.const 0))
        (i32.store (i32.const 176) (i32.const 1))
        (i32.store (i32.const 180) (call $make (local.get 0)))
        (i32.store (i32.const 64) (i32.const 160))
        (i32.store (i32.const 68) (i32.const 3))
        (i32.const 64))
    (func (export "a:b/api#sum") (param i32 i32) (result i32) (local $sum i32)
        (loop
            (local.set $sum (i32.add (local.get $sum) (call $take (i32.load (local.get 0)))))
            (local.set 0 (i32.add (local.get 0) (i32.const 12)))
            (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
        (local.get $sum))
    (func (export "a:b/api#all") (param i32 i32 i32) (result i32) (local $sum i32)
        (loop
            (local.set $sum (i32.add (local.get $sum) (i32.load (i32.load (local.get 0)))))
            (local.set 0 (i32.add (local.get 0) (i32.const 4)))
            (br_if 0 (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
        (i32.mul (local.get $sum) (local.get 2)))
    (func (export "a:b/api#touch") (export "a:b/api#touch-both") (param i32 i32)
        (i32.store (local.get 0) (i32.add (i32.load (local.get 0)) (i32.const 1)))
        (i32.store (local.get 1) (i32.add (i32.load (local.get 1)) (i32.const 10))))
    (func (export "a:b/api#two") (export "a:b/api#both") (param i32 i32) (result i32)
        (i32.add (i32.load (local.get 0)) (i32.mul (i32.load (local.get 1)) (i32.const 2))))
    (func (export "a:b/api#tell") (param i32 i32) (result i32) (i32.add (local.get 1) (i32.const 40)))
    (func (export "a:b/api#dropped") (result i32) (global.get $dropped))"#;

/// Has the owner's resource by importing it.
fn user() -> Part<'static> {
    built(
        "user",
        "package a:b;
        interface api { resource counter { get: func() -> u32; } }
        interface users { use api.{counter};
            twice: func(of: borrow<counter>) -> u32; last: func(of: counter) -> u32; }
        world w { import api; export users; export plus: func(one: u32, other: u32) -> u32; }",
        r#"(import "a:b/api" "[method]counter.get" (func $get (param i32) (result i32)))
            (import "a:b/api" "[resource-drop]counter" (func $drop (param i32)))
            (func (export "a:b/users#twice") (param i32) (result i32) (local $value i32)
                (local.set $value (i32.mul (call $get (local.get 0)) (i32.const 2)))
                (call $drop (local.get 0))
                (local.get $value))
            (func (export "a:b/users#last") (param i32) (result i32) (local $value i32)
                (local.set $value (call $get (local.get 0)))
                (call $drop (local.get 0))
                (local.get $value))
            (func (export "plus") (param i32 i32) (result i32)
                (i32.add (local.get 0) (local.get 1)))"#,
    )
}

fn stage(call: &str, args: &[&str]) -> StageSource {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    StageSource { args: Some(args), ..StageSource::from(call) }
}

fn steps(steps: &[&[StageSource]]) -> FlowSource {
    FlowSource { name: "run".into(), steps: steps.iter().map(|step| step.to_vec()).collect() }
}

/// The composed component of a flow `run`, and one that says how many counters are gone.
struct Running {
    store: Store<()>,
    instance: Instance,
    wiring: Wiring,
}

impl Running {
    fn start(flow: FlowSource) -> Self {
        let parts = [built("owner", OWNER, OWNER_CODE), user()];
        let links = wiring::links(&parts, &[]).expect("links");
        let flows = [flow, FlowSource::chain("dropped", &["owner/dropped"])];
        let flow = generate(&flows, &parts, &links).expect("generates").expect("a flow");
        let wiring = wire(&parts, Some(&flow), &[]).expect("wires");
        let composed = compose(&parts, Some(&flow), &wiring, None).expect("composes").bytes;
        audit(&composed, &parts).expect("passes the audit");
        let engine = Engine::default();
        let component = Component::new(&engine, &composed).expect("compiles");
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, &component).expect("starts");
        Self { store, instance, wiring }
    }

    fn call(&mut self, name: &str, arguments: &[Val]) -> Val {
        let function = self.instance.get_func(&mut self.store, name).expect("exported");
        let mut results = [Val::Bool(false)];
        function.call(&mut self.store, arguments, &mut results).expect("runs");
        results.into_iter().next().expect("one")
    }

    /// What `run` returns, and how many counters are gone after it.
    fn run(&mut self, arguments: &[Val]) -> (Val, u32) {
        let result = self.call("run", arguments);
        let Val::U32(dropped) = self.call("dropped", &[]) else { panic!("a number") };
        (result, dropped)
    }

    /// The same of one that is exported in an interface.
    fn within(&mut self, interface: &str, name: &str, arguments: &[Val]) -> Val {
        let interface = self.instance.get_export_index(&mut self.store, None, interface);
        let function =
            self.instance.get_export_index(&mut self.store, interface.as_ref(), name).expect("it");
        let function = self.instance.get_func(&mut self.store, function).expect("a function");
        let mut results = [Val::Bool(false)];
        function.call(&mut self.store, arguments, &mut results).expect("runs");
        results.into_iter().next().expect("one")
    }
}

fn run(flow: FlowSource, arguments: &[Val]) -> (Val, u32) {
    let mut running = Running::start(flow);
    let first = running.run(arguments);
    // Once more, for what the first call may have left behind.
    let second = running.run(arguments);
    assert_eq!((&second.0, second.1), (&first.0, 2 * first.1));
    first
}

#[test]
fn what_borrows_and_returns_nothing_hands_the_resource_on() {
    let flow = steps(&[
        &["owner/api.counter".into()],
        &[stage("owner/counter.add", &["_", "3"])],
        &[stage("owner/a:b/api.counter.add", &["_", "4"])],
        &["owner/api.counter.get".into()],
    ]);
    assert_eq!(run(flow, &[Val::U32(10)]), (Val::U32(17), 1));
}

/// Types without resources are nobody's, even where a resource's own functions are.
#[test]
fn a_method_takes_and_returns_named_types() {
    let flow =
        steps(&[&["owner/api.counter".into()], &[stage("owner/counter.read", &["_", "two"])]]);
    let reading =
        Val::Record(vec![("by".into(), Val::Enum("two".into())), ("value".into(), Val::U32(20))]);
    assert_eq!(run(flow, &[Val::U32(10)]), (reading, 1));
}

#[test]
fn a_resource_goes_to_components_that_have_it_from_its_owner() {
    let lend = FlowSource::chain("run", &["owner/api.counter", "user/users.twice"]);
    assert_eq!(run(lend, &[Val::U32(10)]), (Val::U32(20), 1));
    let give = FlowSource::chain("run", &["owner/api.counter", "user/last"]);
    assert_eq!(run(give, &[Val::U32(10)]), (Val::U32(10), 1));
}

#[test]
fn several_stages_may_borrow_what_is_handed_on() {
    let flow = steps(&[
        &["owner/api.counter".into()],
        &["owner/counter.get".into(), "user/twice".into()],
        &["user/plus".into()],
    ]);
    assert_eq!(run(flow, &[Val::U32(10)]), (Val::U32(30), 1));
}

#[test]
fn a_tuple_of_resources_is_spread() {
    let flow = steps(&[
        &["owner/api.counter".into(), "owner/api.counter".into()],
        &["owner/counter.join".into()],
        &["owner/counter.get".into()],
    ]);
    assert_eq!(run(flow, &[Val::U32(10)]), (Val::U32(20), 3));
}

#[test]
fn a_flow_that_ends_early_drops_what_it_has() {
    let text = |text: &str| Val::Result(Err(Some(Box::new(Val::String(text.into())))));
    // 1: what another stage of the step has returned, inside lists and options too.
    let flow = steps(&[&["owner/open".into(), "owner/some".into(), "owner/check".into()]]);
    assert_eq!(run(flow, &[Val::U32(1)]), (text("no"), 3));
    // 2: what is lent to the stage that fails.
    let flow = FlowSource::chain("run", &["owner/api.counter", "owner/look"]);
    assert_eq!(run(flow.clone(), &[Val::U32(2)]), (text("no"), 1));
    assert_eq!(run(flow, &[Val::U32(3)]), (Val::Result(Ok(Some(Box::new(Val::U32(3))))), 1));
    // 3: what was given away is not the flow's any more.
    let flow = FlowSource::chain("run", &["owner/api.counter", "owner/refuse"]);
    assert_eq!(run(flow, &[Val::U32(2)]), (text("no"), 1));
    // An error that is handled ends nothing.
    let tell =
        StageSource { otherwise: Some(Box::new("owner/tell".into())), ..("owner/look").into() };
    let flow = steps(&[&["owner/api.counter".into()], &[tell]]);
    assert_eq!(run(flow.clone(), &[Val::U32(2)]), (Val::U32(42), 1));
    assert_eq!(run(flow, &[Val::U32(7)]), (Val::U32(7), 1));
}

#[test]
fn named_types_that_hold_resources_go_from_stage_to_stage() {
    let flow = FlowSource::chain("run", &["owner/pairs", "owner/sum"]);
    assert_eq!(run(flow, &[Val::U32(5)]), (Val::U32(15), 2));
    let parts = [built("owner", OWNER, OWNER_CODE)];
    let error = generate(&[FlowSource::chain("run", &["owner/pairs"])], &parts, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "flow `run` takes or returns `pair`, which holds a resource and has a name that only \
         components know"
    );
}

#[test]
fn a_resource_goes_in_and_out_of_a_flow() {
    let mut running = Running::start(steps(&[
        &["owner/api.counter".into()],
        &[stage("owner/counter.add", &["_", "3"])],
    ]));
    let exposed: Vec<_> = running.wiring.exposed.iter().map(|it| it.export.as_str()).collect();
    assert_eq!(exposed, ["a:b/api"]);
    let (counter, dropped) = running.run(&[Val::U32(10)]);
    assert_eq!(dropped, 0);
    let get = running.within("a:b/api", "[method]counter.get", &[counter]);
    assert_eq!(get, Val::U32(13));

    // What is lent to the flow is lent on, and given back when the flow ends.
    let mut running = Running::start(FlowSource::chain("run", &["owner/counter.get"]));
    let counter = running.within("a:b/api", "[constructor]counter", &[Val::U32(8)]);
    assert_eq!(running.run(std::slice::from_ref(&counter)), (Val::U32(8), 0));
    // No stage calls the owner.
    let mut running = Running::start(FlowSource::chain("run", &["user/twice"]));
    let counter = running.within("a:b/api", "[constructor]counter", &[Val::U32(8)]);
    assert_eq!(running.run(&[counter]), (Val::U32(16), 0));
    let mut running = Running::start(steps(&[&[stage("owner/all", &["_", "2"])]]));
    let counters: Vec<_> = (1..4)
        .map(|start| running.within("a:b/api", "[constructor]counter", &[Val::U32(start)]))
        .collect();
    assert_eq!(running.run(&[Val::List(counters)]), (Val::U32(12), 0));
}

/// One of its stages takes the tuple as a whole, the other its elements: both are lent the same.
#[test]
fn what_is_lent_as_a_whole_and_in_elements_is_dropped_once() {
    let call = |steps: &[&[StageSource]]| {
        let mut running = Running::start(self::steps(steps));
        let counters = [3, 4]
            .map(|start| running.within("a:b/api", "[constructor]counter", &[Val::U32(start)]));
        running.run(&counters)
    };
    let numbers = |one, other| Val::Tuple(vec![Val::U32(one), Val::U32(other)]);
    let touch: &[StageSource] = &["owner/touch".into()];
    let read: &[StageSource] = &["owner/two".into(), "owner/both".into()];
    assert_eq!(call(&[touch, read]), (numbers(32, 32), 0));
    // Stages that return nothing hand on again what they were lent.
    let touch_both: &[StageSource] = &["owner/touch".into(), "owner/touch-both".into()];
    assert_eq!(call(&[touch, touch_both, read]), (numbers(74, 74), 0));
    let read: &[StageSource] = &["owner/two".into()];
    assert_eq!(call(&[touch, touch_both, touch_both, read]), (Val::U32(116), 0));
}
