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
pub(crate) struct Inputs {
    pub(crate) lines: Vec<Vec<u8>>,
    /// All of them as one text.
    pub(crate) text: String,
}

/// The interface of a component that is alone; three in a row are functions by themselves.
const INTERFACE: &str = "demo:crossing/transformer";

/// What is called.
pub(crate) struct Subject {
    pub(crate) name: String,
    /// Whether all of it is in Rust.
    pub(crate) rust: bool,
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
        let each = prepare("transform", &bytes(&inputs.lines[0]));
        let batch = prepare("batch", &list(inputs.lines.iter().map(|line| bytes(line))));
        let text = prepare("lines", &format!("{:?}", inputs.text));
        let [timed, untimed] =
            [true, false].map(|timed| Typed::start(self.interface, &self.bytes, timed));
        Running { inputs, instance, each, batch, text, timed, untimed }
    }
}

fn alone(checkout: &Checkout, component: &str, name: &str) -> Subject {
    checkout.driver(&format!("benches/crossing/{component}.toml"), |driver| {
        let built = driver.build_alone(&[component]).expect("builds");
        let adapted = driver.adapted(component).expect("a whole cache").expect("it was built");
        Subject {
            name: name.to_owned(),
            rust: component == "rust",
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
            rust: manifest == "rust",
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
    text: Prepared,
    pub(crate) timed: Typed<'i>,
    pub(crate) untimed: Typed<'i>,
}

impl Running<'_> {
    /// Stops unless it gives what the native code does, called in any way.
    pub(crate) fn check(&mut self, interface: Option<&str>, expected: &[Vec<u8>]) {
        for typed in [&mut self.timed, &mut self.untimed] {
            assert!(typed.batch(self.inputs) == *expected, "something else as one batch");
            let text = typed.text(self.inputs).into_bytes();
            assert!(text == expected.join(&b'\n'), "something else as one text");
        }
        let prefix = interface.map_or(String::new(), |interface| format!("{interface}."));
        let call = format!("{prefix}transform({})", bytes(&self.inputs.lines[0]));
        let outcome = self.instance.call(&Call::parse(&call).expect("a call")).expect("fits");
        assert_eq!(outcome.ending.to_string(), bytes(&expected[0]));
    }

    pub(crate) fn poly_each(&mut self) -> Duration {
        let Self { instance, each, inputs, .. } = self;
        repeat(instance, each, inputs.lines.len())
    }

    pub(crate) fn poly_batch(&mut self) -> Duration {
        repeat(&mut self.instance, &self.batch, 1)
    }

    pub(crate) fn poly_text(&mut self) -> Duration {
        repeat(&mut self.instance, &self.text, 1)
    }
}

/// It runs by calls whose types are known.
pub(crate) struct Typed<'i> {
    side: Side,
    each: TypedFunc<(&'i [u8],), (Vec<u8>,)>,
    batch: Batch<'i>,
    text: TypedFunc<(&'i str,), (String,)>,
    again: Option<Again<'i>>,
}

/// A call that does the work for each.
type Batch<'i> = TypedFunc<(&'i [Vec<u8>],), (Vec<Vec<u8>>,)>;

/// A call that does the work so many times.
type Again<'i> = TypedFunc<(&'i [u8], u32), (Vec<u8>,)>;

impl<'i> Typed<'i> {
    fn start(interface: Option<&str>, bytes: &[u8], timed: bool) -> Self {
        let mut side = Side::start(&side::engine(timed), bytes);
        let each = side.function(interface, "transform");
        let batch = side.function(interface, "batch");
        let text = side.function(interface, "lines");
        let again = interface.map(|_| side.function(interface, "again"));
        Self { side, each, batch, text, again }
    }

    pub(crate) fn each(&mut self, inputs: &'i Inputs) {
        for line in &inputs.lines {
            let output = self.each.call(&mut self.side.store, (line.as_slice(),));
            black_box(output.expect("returns"));
        }
    }

    pub(crate) fn batch(&mut self, inputs: &'i Inputs) -> Vec<Vec<u8>> {
        self.batch.call(&mut self.side.store, (inputs.lines.as_slice(),)).expect("returns").0
    }

    pub(crate) fn text(&mut self, inputs: &'i Inputs) -> String {
        self.text.call(&mut self.side.store, (inputs.text.as_str(),)).expect("returns").0
    }

    /// All the work in one call, of one input; nothing where no call does that.
    pub(crate) fn inside(&mut self, inputs: &'i Inputs) -> Option<()> {
        let times = u32::try_from(inputs.lines.len()).expect("not so many");
        let output = self.again.as_ref()?.call(&mut self.side.store, (&inputs.lines[0], times));
        black_box(output.expect("returns"));
        Some(())
    }
}

fn repeat(instance: &mut Instance, prepared: &Prepared, times: usize) -> Duration {
    let repeated = instance.repeat(prepared, times).expect("an instance of use");
    assert!(repeated.ended.is_none(), "{:?}", repeated.ended);
    Duration::from_nanos(repeated.nanoseconds.iter().sum())
}

/// Bytes in WAVE.
fn bytes(bytes: &[u8]) -> String {
    list(bytes.iter().map(u8::to_string))
}

fn list(elements: impl Iterator<Item = String>) -> String {
    format!("[{}]", elements.collect::<Vec<_>>().join(", "))
}
