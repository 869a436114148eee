//! A component of this directory, alone or three in a row, ready to be called in two ways.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::Duration;

use poly::check::Call;
use poly::host::{Engine, EngineOptions, Instance, Prepared, Program};
use poly::manifest::{Grants, Limits};
use wasmtime::component::TypedFunc;

use crate::checkout::Checkout;
use crate::side::{self, Side};

/// What is transformed.
pub(crate) type Inputs = Vec<Vec<u8>>;

/// The interface of a component that is alone; three in a row are functions by themselves.
const INTERFACE: &str = "demo:crossing/transformer";

/// What is called.
pub(crate) struct Subject {
    pub(crate) name: String,
    /// How many transforms an input goes through.
    pub(crate) times: usize,
    pub(crate) interface: Option<&'static str>,
    machine_code: PathBuf,
    bytes: Vec<u8>,
}

impl Subject {
    /// Builds all of them.
    pub(crate) fn all(checkout: &Checkout) -> Vec<Self> {
        let mut all = Vec::new();
        for (language, name) in [("rust", "Rust"), ("go", "Go"), ("python", "Python")] {
            all.push(alone(checkout, language, name));
            all.push(in_a_row(checkout, language, &format!("{name}, three in a row")));
        }
        all.push(in_a_row(checkout, "mixed", "Rust, Go and Python in a row"));
        all
    }

    /// Starts it in both ways.
    pub(crate) fn start<'i>(&self, inputs: &'i Inputs) -> Running<'i> {
        let engine = Engine::new(&EngineOptions::default()).expect("an engine");
        let program = Program::load(&engine, &self.machine_code).expect("loads");
        let limits = Limits::default();
        let started = Instance::start(&program, &Grants::default(), &limits, Path::new("/"));
        let instance = started.expect("starts");
        let prefix = self.interface.map_or(String::new(), |interface| format!("{interface}."));
        let prepare = |function: &str, argument: &str| {
            let call = Call::parse(&format!("{prefix}{function}({argument})")).expect("a call");
            instance.prepare(&call).expect("fits")
        };
        let each = prepare("transform", &text(&inputs[0]));
        let batch = prepare("batch", &list(inputs.iter().map(|input| text(input))));
        let mut side = Side::start(&side::engine(), &self.bytes);
        let typed_each = side.function(self.interface, "transform");
        let typed_batch = side.function(self.interface, "batch");
        Running { inputs, instance, each, batch, side, typed_each, typed_batch }
    }
}

fn alone(checkout: &Checkout, component: &str, name: &str) -> Subject {
    checkout.driver(&format!("benches/crossing/{component}.toml"), |driver| {
        let built = driver.build_alone(&[component]).expect("builds");
        let adapted = driver.adapted(component).expect("a whole cache").expect("it was built");
        Subject {
            name: name.to_owned(),
            times: 1,
            interface: Some(INTERFACE),
            machine_code: built[component].clone(),
            bytes: fs::read(adapted).expect("it is there"),
        }
    })
}

fn in_a_row(checkout: &Checkout, manifest: &str, name: &str) -> Subject {
    checkout.driver(&format!("benches/crossing/{manifest}.toml"), |driver| {
        let built = driver.build(true).expect("builds");
        Subject {
            name: name.to_owned(),
            times: 3,
            interface: None,
            machine_code: built.precompiled.expect("it was asked for"),
            bytes: fs::read(built.composed).expect("it is there"),
        }
    })
}

/// It runs.
pub(crate) struct Running<'i> {
    inputs: &'i Inputs,
    instance: Instance,
    each: Prepared,
    batch: Prepared,
    side: Side,
    typed_each: TypedFunc<(&'i [u8],), (Vec<u8>,)>,
    typed_batch: TypedFunc<(&'i [Vec<u8>],), (Inputs,)>,
}

impl Running<'_> {
    /// Stops unless it gives what the native code does, called in either way.
    pub(crate) fn check(&mut self, interface: Option<&str>, expected: &Inputs) {
        assert!(self.typed_batch() == *expected, "something else as one batch");
        let prefix = interface.map_or(String::new(), |interface| format!("{interface}."));
        let call = format!("{prefix}transform({})", text(&self.inputs[0]));
        let outcome = self.instance.call(&Call::parse(&call).expect("a call")).expect("fits");
        assert_eq!(outcome.ending.to_string(), text(&expected[0]));
    }

    pub(crate) fn poly_each(&mut self) -> Duration {
        let Self { instance, each, inputs, .. } = self;
        repeat(instance, each, inputs.len())
    }

    pub(crate) fn poly_batch(&mut self) -> Duration {
        repeat(&mut self.instance, &self.batch, 1)
    }

    pub(crate) fn typed_each(&mut self) {
        for input in self.inputs {
            let (output,) =
                self.typed_each.call(&mut self.side.store, (input.as_slice(),)).expect("returns");
            black_box(output);
        }
    }

    pub(crate) fn typed_batch(&mut self) -> Inputs {
        let (outputs,) = self
            .typed_batch
            .call(&mut self.side.store, (self.inputs.as_slice(),))
            .expect("returns");
        outputs
    }
}

fn repeat(instance: &mut Instance, prepared: &Prepared, times: usize) -> Duration {
    let repeated = instance.repeat(prepared, times).expect("an instance of use");
    assert!(repeated.ended.is_none(), "{:?}", repeated.ended);
    Duration::from_nanos(repeated.nanoseconds.iter().sum())
}

/// Bytes in WAVE.
fn text(bytes: &[u8]) -> String {
    list(bytes.iter().map(u8::to_string))
}

fn list(elements: impl Iterator<Item = String>) -> String {
    format!("[{}]", elements.collect::<Vec<_>>().join(", "))
}
