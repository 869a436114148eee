//! Flows of any shape, with types and values of any kind: constants, tuples that are spread,
//! several stages at once, errors that are handled. A model says which calls are made and what
//! comes of them.

use proptest::prelude::*;
use wasmtime::component::Val;

use super::values::{Random, types, value};
use super::{Running, err, function, ok, part, result};
use crate::component::flow::{FlowSource, StageSource, generate};
use crate::component::world::{Function, Type};

/// A stage before it has a signature.
#[derive(Debug, Clone)]
struct Sketch {
    /// What it hands on.
    value: Option<Type>,
    /// Whether it can fail, and does.
    fallible: Option<bool>,
    /// Parameters for which there are constants: before which of the others, and of which type.
    constants: Vec<(usize, Type)>,
    /// The type of its error if another stage takes that, and whether that one can fail, and does.
    otherwise: Option<(Option<Type>, Option<bool>)>,
    /// Whether it takes a tuple apart.
    spreads: bool,
}

/// What happens in a stage when it is called.
struct Call {
    name: String,
    arguments: Vec<Val>,
}

/// What a program is made into, and what must come of it.
struct Model {
    random: Random,
    error: Option<Type>,
    functions: Vec<(String, Function)>,
    answers: Vec<(String, Option<Val>)>,
    calls: Vec<Call>,
    /// What the flow returns, if a stage ends it.
    ended: Option<Val>,
    can_fail: bool,
}

impl Sketch {
    /// A stage that returns a `result` can fail by that alone; inside a tuple it is a value.
    fn unmistakable(mut self) -> Self {
        if let Some(value @ Type::Result { .. }) = self.value {
            self.value = Some(Type::Tuple(vec![value]));
        }
        self
    }
}

impl Model {
    fn value(&mut self, ty: Option<&Type>) -> Option<Val> {
        ty.map(|ty| value(ty, &mut self.random))
    }

    /// Adds a stage that takes `open` for its parameters without constants. Returns how the
    /// manifest says it, and what it hands on.
    fn stage(
        &mut self,
        name: &str,
        sketch: &Sketch,
        open: &[(Type, Val)],
    ) -> (StageSource, Option<Val>) {
        let mut parameters: Vec<(Type, Val, String)> =
            open.iter().map(|(ty, value)| (ty.clone(), value.clone(), "_".to_owned())).collect();
        for (position, ty) in &sketch.constants {
            let value = value(ty, &mut self.random);
            let text = value.to_wave().expect("a value in WAVE");
            parameters.insert(position % (parameters.len() + 1), (ty.clone(), value, text));
        }
        let (stands_in, error) = match &sketch.otherwise {
            Some((error, _)) => (true, error.clone()),
            None => (false, self.error.clone()),
        };
        let takes: Vec<Type> = parameters.iter().map(|(ty, ..)| ty.clone()).collect();
        let returns = match sketch.fallible {
            Some(_) => Some(result(sketch.value.as_ref(), error.as_ref())),
            None => sketch.value.clone(),
        };
        self.functions.push((name.to_owned(), function(&takes, returns)));
        if self.ended.is_none() {
            let arguments = parameters.iter().map(|(_, value, _)| value.clone()).collect();
            self.calls.push(Call { name: name.to_owned(), arguments });
        }
        let handed = self.value(sketch.value.as_ref());
        let error_value = self.value(error.as_ref());
        let fails = sketch.fallible == Some(true);
        self.answers.push((
            name.to_owned(),
            match sketch.fallible {
                None => handed.clone(),
                Some(false) => Some(ok(handed.clone())),
                Some(true) => Some(err(error_value.clone())),
            },
        ));
        let args = sketch
            .constants
            .first()
            .map(|_| parameters.iter().map(|(.., text)| text.clone()).collect::<Vec<_>>());
        let mut source = StageSource { args, ..StageSource::from(&*format!("p/{name}")) };
        let (Some(_), true, Some((_, again))) = (sketch.fallible, stands_in, &sketch.otherwise)
        else {
            self.can_fail |= sketch.fallible.is_some();
            if fails && self.ended.is_none() {
                self.ended = Some(err(error_value));
            }
            return (source, handed);
        };
        // What stands in is called only if it must be.
        let instead =
            Sketch { fallible: *again, otherwise: None, spreads: false, ..sketch.clone() };
        let given: Vec<_> = error.into_iter().zip(error_value).collect();
        let ended = self.ended.clone();
        if !fails {
            self.ended = Some(err(None));
        }
        let (otherwise, stood_in) = self.stage(&format!("{name}-o"), &instead, &given);
        if !fails {
            self.ended = ended;
        }
        source.otherwise = Some(Box::new(otherwise));
        (source, if fails { stood_in } else { handed })
    }
}

/// Runs a flow of `steps` and checks every value.
fn check(parameters: &[Type], error: Option<&Type>, steps: &[Vec<Sketch>], seed: u64) {
    let mut model = Model {
        random: Random(seed | 1),
        error: error.cloned(),
        functions: Vec::new(),
        answers: Vec::new(),
        calls: Vec::new(),
        ended: None,
        can_fail: false,
    };
    let arguments: Vec<Val> = parameters.iter().map(|ty| value(ty, &mut model.random)).collect();
    let mut given: Vec<(Type, Val)> = parameters.iter().cloned().zip(arguments.clone()).collect();
    let mut sources = Vec::new();
    let mut handed = None;
    for (index, step) in steps.iter().enumerate() {
        let (mut stages, mut values) = (Vec::new(), Vec::new());
        for (number, sketch) in step.iter().cloned().map(Sketch::unmistakable).enumerate() {
            let apart = match (&given[..], index) {
                ([(Type::Tuple(types), Val::Tuple(values))], 1..)
                    if sketch.spreads && types.len() > 1 =>
                {
                    types.iter().cloned().zip(values.iter().cloned()).collect()
                }
                (given, _) => given.to_vec(),
            };
            let (source, value) = model.stage(&format!("s{index}-n{number}"), &sketch, &apart);
            stages.push(source);
            values.extend(sketch.value.zip(value));
        }
        sources.push(stages);
        handed = if values.len() > 1 {
            let (types, values) = values.into_iter().unzip();
            Some((Type::Tuple(types), Val::Tuple(values)))
        } else {
            values.pop()
        };
        given = handed.iter().cloned().collect();
    }

    let flow = FlowSource { name: "run".into(), steps: sources };
    let functions: Vec<_> =
        model.functions.iter().map(|(name, function)| (name.as_str(), function.clone())).collect();
    let component = generate(&[flow], &[part(&functions)], &[]).expect("generates").expect("it");
    let answers: Vec<_> =
        model.answers.iter().map(|(name, answer)| (name.as_str(), answer.clone())).collect();
    let handed = handed.map(|(_, value)| value);
    let expected = match (&model.ended, model.can_fail) {
        (Some(error), _) => Some(error.clone()),
        (None, true) => Some(ok(handed)),
        (None, false) => handed,
    };
    let mut running = Running::start(&component, &answers);
    for _ in 0..2 {
        running.calls.lock().unwrap().clear();
        let returned = running.call(&arguments, usize::from(expected.is_some()));
        assert_eq!(returned.expect("runs"), expected);
        let calls = running.calls.lock().unwrap();
        assert_eq!(calls.len(), model.calls.len());
        for Call { name, arguments } in &model.calls {
            assert_eq!(&calls[name], arguments, "{name}");
        }
    }
}

fn sketch() -> impl Strategy<Value = Sketch> {
    let fallible = || prop_oneof![3 => Just(None), 3 => Just(Some(false)), 1 => Just(Some(true))];
    let constants = proptest::collection::vec((0_usize..4, types()), 0..3);
    let otherwise = proptest::option::weighted(0.4, (proptest::option::of(types()), fallible()));
    (proptest::option::weighted(0.8, types()), fallible(), constants, otherwise, any::<bool>())
        .prop_map(|(value, fallible, constants, otherwise, spreads)| Sketch {
            value,
            fallible,
            constants,
            otherwise: otherwise.filter(|_| fallible.is_some()),
            spreads,
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_types_in_any_flow(
        parameters in proptest::collection::vec(types(), 0..4),
        error in proptest::option::of(types()),
        steps in proptest::collection::vec(
            prop_oneof![
                3 => proptest::collection::vec(sketch(), 1),
                1 => proptest::collection::vec(sketch(), 2..4),
            ],
            1..5,
        ),
        seed in any::<u64>(),
    ) {
        check(&parameters, error.as_ref(), &steps, seed);
    }
}

fn plain(value: Option<Type>) -> Sketch {
    Sketch { value, fallible: None, constants: Vec::new(), otherwise: None, spreads: true }
}

#[test]
fn every_type_is_a_constant() {
    for (seed, ty) in (0..).zip(super::values::every_type()) {
        let takes = Sketch { constants: vec![(0, ty.clone()), (1, ty)], ..plain(None) };
        check(&[Type::U8], None, &[vec![takes]], seed);
    }
}

/// Constants alone can make more core values than a call may have: what came as core values
/// then goes through memory.
#[test]
fn every_type_goes_from_core_values_to_memory() {
    let wide = Type::Tuple(vec![Type::U64; 16]);
    for (seed, ty) in (0..).zip(super::values::every_type()) {
        let takes = Sketch { constants: vec![(1, wide.clone())], ..plain(None) };
        check(&[ty.clone(), Type::U16], None, &[vec![takes.clone()]], seed);
        check(&[Type::F32], None, &[vec![plain(Some(ty))], vec![takes]], seed);
    }
}

#[test]
fn a_tuple_is_taken_whole_or_apart() {
    let tuple = Type::Tuple(vec![Type::String, Type::U8, Type::F64]);
    let whole = Sketch { spreads: false, ..plain(Some(Type::U8)) };
    let apart = Sketch { constants: vec![(1, Type::String)], ..plain(Some(Type::U8)) };
    check(&[], None, &[vec![plain(Some(tuple.clone()))], vec![whole.clone()]], 1);
    check(&[], None, &[vec![plain(Some(tuple.clone()))], vec![apart.clone()]], 2);
    check(&[], None, &[vec![plain(Some(tuple))], vec![whole.clone(), apart]], 3);
    let several = vec![plain(Some(Type::String)), plain(None), plain(Some(Type::U64))];
    check(&[Type::U8], None, &[several.clone(), vec![whole]], 4);
    check(&[Type::U8], None, &[several.clone(), several], 5);
}
