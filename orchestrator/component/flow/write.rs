//! The code of one flow.
//!
//! Results of calls have fixed places in memory, or stay in a local.

use wasm_encoder::{BlockType, Function, Instruction, ValType};

use super::code::{Numbers, core_parameters, indirect};
use super::drop::{Which, drop_in};
use super::layout::{self, MAX_FLAT_RESULTS, Scalar};
use super::load::{Address, Body, sole_scalar};
use super::pieces::{Given, Piece, Place, lent, piece_offsets, together};
use super::plan::{Argument, Flow, Otherwise, Stage, Step};
use super::resources::mentions_resource;
use crate::component::world::Type;

/// Every place begins at a multiple of the widest alignment there is.
const PLACE_ALIGNMENT: u32 = 8;

/// Where a result goes, if it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    /// To the place of the flow's result, with an error if it is one.
    Result,
    /// To the place of the flow's value.
    Value,
}

/// Writes the function of a flow.
pub(super) struct Writer<'f> {
    flow: &'f Flow,
    numbers: &'f Numbers<'f>,
    body: Body,
    /// Where the flow's own result lies.
    result: u32,
    /// Where its `ok` value lies, or all of it if it cannot fail.
    value: u32,
    /// The first byte of memory that has no use yet.
    end: u32,
}

impl<'f> Writer<'f> {
    /// A writer that uses memory from `start` on.
    pub(super) fn new(flow: &'f Flow, numbers: &'f Numbers<'f>, start: u32) -> Self {
        let parameters = core_parameters(&flow.parameters).len();
        let mut writer = Self {
            flow,
            numbers,
            body: Body::new(parameters),
            result: start,
            value: start,
            end: start,
        };
        if let Some(result) = &flow.result {
            writer.result = writer.reserve(result);
            let payload = if flow.fails { layout::result_payload_offset(result) } else { 0 };
            writer.value = writer.result + payload;
        }
        writer
    }

    /// The function, and the first byte of memory that it does not use. Without steps, it returns
    /// what it takes.
    pub(super) fn write(mut self) -> (Function, u32) {
        let mut handed = self.parameters();
        let last = self.flow.steps.len().saturating_sub(1);
        let mut complete = false;
        for (index, step) in self.flow.steps.iter().enumerate() {
            let target = if index == last { target(step) } else { None };
            complete = matches!(target, Some(Target::Result));
            handed = self.step(step, &Given { pieces: handed }, target);
        }
        match &handed[..] {
            _ if complete => self.push_result(),
            [piece @ Piece { place: Place::Locals(_), .. }]
                if !self.flow.fails && layout::flatten(piece.ty).len() <= MAX_FLAT_RESULTS =>
            {
                self.load(piece);
            }
            pieces => {
                if self.flow.fails {
                    self.store_case(0);
                }
                self.put_all(pieces, Address::fixed(self.value));
                self.push_result();
            }
        }
        self.body.push(Instruction::End);
        let mut function = Function::new_with_locals_types(self.body.locals);
        for instruction in &self.body.code {
            function.instruction(instruction);
        }
        (function, self.end)
    }

    fn reserve(&mut self, ty: &Type) -> u32 {
        let place = self.end;
        self.end = layout::align(place + layout::size(ty), PLACE_ALIGNMENT);
        place
    }

    /// The flow's parameters. Those that hold resources are put into memory, where they can be
    /// dropped.
    fn parameters(&mut self) -> Vec<Piece<'f>> {
        let parameters = &self.flow.parameters;
        let types: Vec<&Type> = parameters.iter().map(|parameter| &parameter.ty).collect();
        if indirect(parameters) {
            let offsets = layout::field_offsets(&types).into_iter();
            let at = |offset| Place::Memory(Address { base: Some(0), offset });
            return types
                .into_iter()
                .zip(offsets.map(at))
                .map(|(ty, place)| Piece { ty, place })
                .collect();
        }
        let mut next = 0;
        let mut pieces = Vec::new();
        for ty in types {
            let mut piece = Piece { ty, place: Place::Locals(next) };
            next += u32::try_from(layout::flatten(ty).len()).expect("at most 16");
            if mentions_resource(ty) {
                let place = Address::fixed(self.reserve(ty));
                self.put(&piece, place);
                piece.place = Place::Memory(place);
            }
            pieces.push(piece);
        }
        pieces
    }

    /// Makes the calls of a step. Returns what it hands on.
    fn step(
        &mut self,
        step: &'f Step,
        given: &Given<'f>,
        target: Option<Target>,
    ) -> Vec<Piece<'f>> {
        let lent: Vec<(Which, Piece<'f>)> = lent(&step.lent, given);
        let mut owed = lent.clone();
        let mut results = Vec::new();
        for stage in &step.stages {
            if let Some(piece) = self.stage(stage, given, &owed, target) {
                owed.push((Which::Owned, piece.clone()));
                results.push(piece);
            }
        }
        if step.again {
            return lent.into_iter().map(|(_, piece)| piece).collect();
        }
        self.drop_all(&lent);
        results
    }

    /// Calls a stage and deals with its error. Returns what it hands on. `owed` is what must be
    /// dropped if it ends the flow.
    fn stage(
        &mut self,
        stage: &'f Stage,
        given: &Given<'f>,
        owed: &[(Which, Piece<'f>)],
        target: Option<Target>,
    ) -> Option<Piece<'f>> {
        let result = stage.signature.result.as_ref();
        if let Some(ty) = result.filter(|ty| stays_local(ty)) {
            self.push_arguments(stage, given);
            self.body.push(Instruction::Call(self.numbers.stage(stage)));
            let local = self.body.local(layout::flatten(ty)[0]);
            self.body.push(Instruction::LocalSet(local));
            return Some(Piece { ty, place: Place::Locals(local) });
        }
        let place = match (target, result) {
            (Some(Target::Result), _) => self.result,
            (Some(Target::Value), _) => self.value,
            (None, Some(result)) => self.reserve(result),
            (None, None) => 0,
        };
        self.call(stage, given, place);
        let at = |ty, offset| Piece { ty, place: Place::Memory(Address::fixed(place + offset)) };
        let Some(whole @ Type::Result { ok, error }) = result else {
            return result.map(|ty| at(ty, 0));
        };
        let offset = layout::result_payload_offset(whole);
        let ok = ok.as_deref().map(|ty| at(ty, offset));
        let error = error.as_deref().map(|ty| at(ty, offset));
        if target != Some(Target::Result) {
            self.body.load_scalar(Scalar::U8, Address::fixed(place));
            self.body.push(Instruction::If(BlockType::Empty));
            match &stage.otherwise {
                None => self.leave(error.as_ref(), owed),
                Some(otherwise) => self.otherwise(otherwise, error, ok.as_ref(), owed),
            }
            self.body.push(Instruction::End);
        }
        ok
    }

    /// Calls what takes `error`, and puts what it hands on into the place of `ok`.
    fn otherwise(
        &mut self,
        otherwise: &'f Otherwise,
        error: Option<Piece<'f>>,
        ok: Option<&Piece<'f>>,
        owed: &[(Which, Piece<'f>)],
    ) {
        let given = Given { pieces: error.into_iter().collect() };
        let lent = lent(&otherwise.lent, &given);
        let owed: Vec<_> = owed.iter().chain(&lent).cloned().collect();
        let instead = self.stage(&otherwise.stage, &given, &owed, None);
        self.drop_all(&lent);
        if let (Some(instead), Some(Piece { place: Place::Memory(place), .. })) = (instead, ok) {
            self.put(&instead, *place);
        }
    }

    /// Ends the flow with `error`.
    fn leave(&mut self, error: Option<&Piece<'f>>, owed: &[(Which, Piece<'f>)]) {
        self.drop_all(owed);
        self.store_case(1);
        if let Some(error) = error {
            self.put(error, Address::fixed(self.value));
        }
        self.push_result();
        self.body.push(Instruction::Return);
    }

    /// Calls a stage, so that its result lies at `place`.
    fn call(&mut self, stage: &Stage, given: &Given<'f>, place: u32) {
        let result = stage.signature.result.as_ref();
        let flat = result.map_or(0, |ty| layout::flatten(ty).len());
        if flat == 1 {
            self.body.constant(place);
        }
        self.push_arguments(stage, given);
        if flat > MAX_FLAT_RESULTS {
            self.body.constant(place);
        }
        self.body.push(Instruction::Call(self.numbers.stage(stage)));
        if let (1, Some(result)) = (flat, result) {
            self.body.store_scalar(sole_scalar(result));
        }
    }

    fn push_arguments(&mut self, stage: &Stage, given: &Given<'f>) {
        let parameters = &stage.signature.parameters;
        let pieces: Vec<Vec<Piece<'_>>> = stage
            .arguments
            .iter()
            .zip(parameters)
            .map(|(argument, parameter)| match argument {
                Argument::Constant(address) => {
                    let place = Place::Memory(Address::fixed(*address));
                    vec![Piece { ty: &parameter.ty, place }]
                }
                _ => given.argument(*argument),
            })
            .collect();
        if !indirect(parameters) {
            for piece in pieces.iter().flatten() {
                self.load(piece);
            }
            return;
        }
        let types: Vec<&Type> = parameters.iter().map(|parameter| &parameter.ty).collect();
        let offsets: Vec<u32> = layout::field_offsets(&types)
            .into_iter()
            .zip(&pieces)
            .flat_map(|(start, pieces)| piece_offsets(pieces).into_iter().map(move |at| start + at))
            .collect();
        let pieces: Vec<Piece<'_>> = pieces.into_iter().flatten().collect();
        if let Some(address) = together(&pieces, &offsets) {
            return self.body.address(address);
        }
        let size = types.iter().zip(layout::field_offsets(&types)).next_back();
        let size = size.map_or(0, |(ty, offset)| offset + layout::size(ty));
        let place = self.end;
        self.end = layout::align(place + size, PLACE_ALIGNMENT);
        for (piece, offset) in pieces.iter().zip(offsets) {
            self.put(piece, Address::fixed(place + offset));
        }
        self.body.constant(place);
    }

    /// Pushes the core values of a piece.
    fn load(&mut self, piece: &Piece<'_>) {
        match piece.place {
            Place::Memory(address) => self.body.load(piece.ty, address),
            Place::Locals(first) => {
                for (local, _) in (first..).zip(layout::flatten(piece.ty)) {
                    self.body.push(Instruction::LocalGet(local));
                }
            }
        }
    }

    /// Copies a piece to `address`, unless it is there.
    fn put(&mut self, piece: &Piece<'_>, address: Address) {
        match piece.place {
            Place::Locals(first) => {
                let flat: Vec<ValType> = layout::flatten(piece.ty);
                self.body.store(piece.ty, first, &flat, address);
            }
            Place::Memory(from) if from != address => {
                self.body.address(address);
                self.body.address(from);
                self.body.constant(layout::size(piece.ty));
                self.body.push(Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 });
            }
            Place::Memory(_) => {}
        }
    }

    /// Copies pieces so that they are one value at `address`.
    fn put_all(&mut self, pieces: &[Piece<'_>], address: Address) {
        for (piece, offset) in pieces.iter().zip(piece_offsets(pieces)) {
            self.put(piece, address.plus(offset));
        }
    }

    fn drop_all(&mut self, owed: &[(Which, Piece<'f>)]) {
        for (which, piece) in owed {
            if let Place::Memory(address) = piece.place {
                let number = |resource: &_| self.numbers.drop(resource);
                drop_in(&mut self.body, *which, piece.ty, address, &number);
            }
        }
    }

    /// Stores whether the flow's result is `ok` (0) or an error (1).
    fn store_case(&mut self, case: u32) {
        self.body.constant(self.result);
        self.body.constant(case);
        self.body.store_scalar(Scalar::U8);
    }

    /// Pushes what the function returns: the result itself or its address.
    fn push_result(&mut self) {
        let Some(result) = &self.flow.result else { return };
        if layout::flatten(result).len() > MAX_FLAT_RESULTS {
            self.body.constant(self.result);
        } else {
            self.body.load(result, Address::fixed(self.result));
        }
    }
}

/// Where the last step's result can go at once, so that it need not be moved.
fn target(last: &Step) -> Option<Target> {
    let [stage] = &last.stages[..] else { return None };
    match stage.signature.result {
        Some(Type::Result { .. }) if stage.otherwise.is_none() && !last.again => {
            Some(Target::Result)
        }
        Some(Type::Result { .. }) => None,
        _ => Some(Target::Value),
    }
}

/// Whether a result of `ty` is kept in a local: one core value in which there is nothing to look
/// for afterwards, neither an error nor a resource.
fn stays_local(ty: &Type) -> bool {
    !matches!(ty, Type::Result { .. }) && !mentions_resource(ty) && layout::flatten(ty).len() == 1
}
