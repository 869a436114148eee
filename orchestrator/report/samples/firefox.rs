//! The format that the Firefox profiler calls processed: tables in columns that refer to each
//! other by index. See `docs-developer/processed-profile-format.md` and `src/types/profile.ts` of
//! <https://github.com/firefox-devtools/profiler>.

use std::time::Duration;

use indexmap::{IndexMap, IndexSet};
use serde_json::{Value, json};

use super::part_of;
use crate::check::{Frame, Samples};

/// The version of the format that is written. Newer profilers read it and bring it up to date.
const VERSION: u32 = 55;

/// The kind of a resource that is a library.
const LIBRARY: u32 = 1;

/// Colours that the profiler knows; grey is for what is nobody's.
const COLOURS: [&str; 8] =
    ["blue", "orange", "green", "purple", "magenta", "brown", "lightblue", "yellow"];

/// The profile as JSON, in version 55 of the format. `name` is the pipeline's; `began` says when looking
/// began, in milliseconds since 1970, `interval` how often it looked.
pub fn profile(samples: &Samples, name: &str, began: f64, interval: Duration) -> Value {
    // A part is a library to the profiler, with a colour of its own.
    let parts: IndexSet<&str> = samples.frames.iter().map(part_of).collect();
    let mut categories =
        vec![json!({ "name": "Other", "color": "grey", "subcategories": ["Other"] })];
    categories.extend(
        parts.iter().zip(COLOURS.iter().cycle()).map(
            |(part, color)| json!({ "name": part, "color": color, "subcategories": ["Other"] }),
        ),
    );
    let libraries = parts.iter().map(|part| {
        json!({
            "name": part, "path": "", "debugName": part, "debugPath": "", "breakpadId": "",
            "codeId": null, "arch": null,
        })
    });
    json!({
        "meta": {
            "categories": categories,
            "debug": false,
            "interval": milliseconds(interval),
            "markerSchema": [],
            "pausedRanges": [],
            "preprocessedProfileVersion": VERSION,
            "processType": 0,
            "product": name,
            "sampleUnits": { "time": "ms", "eventDelay": "ms", "threadCPUDelta": "µs" },
            "sourceCodeIsNotOnSearchfox": true,
            "startTime": began,
            "stackwalk": 1,
            "symbolicated": true,
            "usesOnlyOneStackType": true,
            "version": 24,
        },
        "libs": libraries.collect::<Vec<_>>(),
        "pages": [],
        "profilerOverhead": [],
        "counters": [],
        "threads": [thread(samples, name, &parts)],
    })
}

fn thread(samples: &Samples, name: &str, parts: &IndexSet<&str>) -> Value {
    let mut strings = IndexSet::new();
    let mut text = |text: &str| strings.insert_full(text.to_owned()).0;
    let part = |frame: &Frame| parts.get_index_of(part_of(frame)).unwrap_or_default();
    let resource_names: Vec<usize> = parts.iter().map(|part| text(part)).collect();

    // A function is one wherever in it the component was; a frame is a line of it.
    let mut functions = IndexMap::new();
    let (mut functions_of, mut lines) = (Vec::new(), Vec::new());
    for frame in &samples.frames {
        let (file, line) = place(frame);
        let key = (part(frame), text(&frame.name()), file.map(&mut text));
        let new = functions.len();
        functions_of.push(*functions.entry(key).or_insert(new));
        lines.push(line);
    }
    let columns = functions.keys();
    let functions = json!({
        "length": functions.len(),
        "name": columns.clone().map(|(_, name, _)| name).collect::<Vec<_>>(),
        "isJS": vec![false; functions.len()],
        "relevantForJS": vec![false; functions.len()],
        "resource": columns.clone().map(|(part, ..)| part).collect::<Vec<_>>(),
        "fileName": columns.map(|(.., file)| file).collect::<Vec<_>>(),
        "lineNumber": nulls(functions.len()),
        "columnNumber": nulls(functions.len()),
    });

    let frames = samples.frames.len();
    let (stacks, stack_of) = stacks(samples);
    let taken = samples.taken.len();
    let last = samples.taken.last().map_or(0.0, |sample| milliseconds(sample.at));
    json!({
        "name": name, "processName": name, "processType": "default", "isMainThread": true,
        "pid": "0", "tid": 0,
        "processStartupTime": 0.0, "processShutdownTime": last,
        "registerTime": 0.0, "unregisterTime": last,
        "pausedRanges": [], "showMarkersInTimeline": false,
        "frameTable": {
            "length": frames,
            "address": vec![-1; frames],
            "inlineDepth": vec![0; frames],
            "category": samples.frames.iter().map(|frame| part(frame) + 1).collect::<Vec<_>>(),
            "subcategory": vec![0; frames],
            "func": functions_of,
            "nativeSymbol": nulls(frames),
            "innerWindowID": vec![0; frames],
            "line": lines,
            "column": nulls(frames),
        },
        "funcTable": functions,
        "resourceTable": {
            "length": parts.len(),
            "lib": (0..parts.len()).collect::<Vec<_>>(),
            "name": resource_names,
            "host": nulls(parts.len()),
            "type": vec![LIBRARY; parts.len()],
        },
        "nativeSymbols": {
            "length": 0, "address": [], "functionSize": [], "libIndex": [], "name": [],
        },
        "stackTable": {
            "length": stacks.len(),
            "prefix": stacks.iter().map(|(prefix, _)| prefix).collect::<Vec<_>>(),
            "frame": stacks.iter().map(|(_, frame)| frame).collect::<Vec<_>>(),
        },
        "samples": {
            "length": taken,
            "weightType": "samples",
            "stack": stack_of,
            "time": samples.taken.iter().map(|sample| milliseconds(sample.at)).collect::<Vec<_>>(),
            "weight": vec![1; taken],
            "threadCPUDelta": nulls(taken),
        },
        "markers": {
            "length": 0, "category": [], "data": [], "endTime": [], "name": [], "phase": [],
            "startTime": [],
        },
        "stringArray": strings,
    })
}

/// A frame, by its number, upon another stack, if there is one below it.
type Stacked = (Option<usize>, usize);

/// Stacks as a tree; and the stack of each sample.
fn stacks(samples: &Samples) -> (IndexSet<Stacked>, Vec<Option<usize>>) {
    let mut stacks = IndexSet::new();
    let of_sample = samples.taken.iter().map(|sample| {
        let upon = |prefix, frame: &usize| Some(stacks.insert_full((prefix, *frame)).0);
        sample.stack.iter().fold(None, upon)
    });
    let of_sample = of_sample.collect();
    (stacks, of_sample)
}

/// The file and the line of a frame, as far as they are known.
fn place(frame: &Frame) -> (Option<&str>, Option<u32>) {
    let place = frame.place.as_ref();
    (place.map(|place| place.file.as_str()), place.and_then(|place| place.line))
}

fn nulls(count: usize) -> Value {
    vec![Value::Null; count].into()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
