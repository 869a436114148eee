//! JUnit XML, as Jenkins, GitLab and most other services read it: one suite, a case for each check.
//!
//! There is no standard; what is written here is what they agree on. A check that was stopped (by
//! a trap, by a limit) and should have gone on, or that could not be judged, is an `error`, any
//! other that failed is a `failure`. Services tell cases apart by their names, from one run to the
//! next, so that the second of several that are called the same has `#2` behind its name.
//! Characters that XML cannot hold are written as in Rust's source: `\u{1b}`.

use std::collections::BTreeSet;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::Checked;
use super::tail::visible;
use crate::check::{Difference, Subject};

type Xml = Writer<Vec<u8>>;

/// What came of all checks of a pipeline, as a whole document.
///
/// # Panics
///
/// Never: writing to memory does not fail.
pub fn junit(pipeline: &str, all: &[Checked]) -> String {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    document(&mut xml, pipeline, all).expect("writing to memory does not fail");
    let mut text = String::from_utf8(xml.into_inner()).expect("it was written as text");
    text.push('\n');
    text
}

fn document(xml: &mut Xml, pipeline: &str, all: &[Checked]) -> io::Result<()> {
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let errors = all.iter().filter(|checked| !checked.passed && is_error(checked)).count();
    let failures = all.iter().filter(|checked| !checked.passed).count() - errors;
    let numbers = [
        ("tests", all.len().to_string()),
        ("failures", failures.to_string()),
        ("errors", errors.to_string()),
        ("skipped", "0".to_owned()),
        ("time", seconds(all.iter().map(|checked| checked.milliseconds).sum())),
    ];
    let numbers = || numbers.iter().map(|(name, number)| (*name, number.as_str()));
    xml.create_element("testsuites")
        .with_attribute(("name", pipeline))
        .with_attributes(numbers())
        .write_inner_content(|xml| {
            xml.create_element("testsuite")
                .with_attribute(("name", pipeline))
                .with_attributes(numbers())
                .write_inner_content(|xml| {
                    let mut cases = all.iter().zip(names(all));
                    cases.try_for_each(|(checked, name)| case(xml, pipeline, checked, &name))
                })?;
            Ok(())
        })?;
    Ok(())
}

/// A name for each check, no two the same, whatever lines they are on.
fn names(all: &[Checked]) -> Vec<String> {
    let titles: Vec<_> = all.iter().map(|checked| one_line(&checked.title())).collect();
    let mut taken: BTreeSet<_> = titles.iter().cloned().collect();
    let mut seen = BTreeSet::new();
    let name = |title: String| {
        if seen.insert(title.clone()) {
            return title;
        }
        let numbered = (2..).map(|number| format!("{title} #{number}"));
        numbered.into_iter().find(|name| taken.insert(name.clone())).expect("there is no end")
    };
    titles.into_iter().map(name).collect()
}

fn case(xml: &mut Xml, pipeline: &str, checked: &Checked, name: &str) -> io::Result<()> {
    let place = &checked.place;
    let element = xml
        .create_element("testcase")
        .with_attribute(("classname", pipeline))
        .with_attribute(("name", name))
        .with_attribute(("time", seconds(checked.milliseconds).as_str()))
        .with_attribute(("file", one_line(&place.file).as_str()))
        .with_attribute(("line", place.line.to_string().as_str()));
    if checked.passed {
        element.write_empty()?;
        return Ok(());
    }
    element.write_inner_content(|xml| {
        let (kind, of) = match &checked.error {
            Some(_) => ("error", "unjudged"),
            None if is_error(checked) => ("error", "stopped"),
            None => ("failure", "otherwise"),
        };
        let told = checked.failure(false, &|_, text| text.to_owned()).join("\n");
        xml.create_element(kind)
            .with_attribute(("message", one_line(&checked.message()).as_str()))
            .with_attribute(("type", of))
            .write_text_content(BytesText::new(&lines(&told)))?;
        let streams = [("system-out", &checked.stdout), ("system-err", &checked.stderr)];
        for (name, text) in streams {
            if let Some(text) = text.as_deref().filter(|text| !text.is_empty()) {
                xml.create_element(name).write_text_content(BytesText::new(&lines(text)))?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// Whether it was stopped and should have gone on, or could not be judged.
fn is_error(checked: &Checked) -> bool {
    let ended = |difference: &Difference| difference.subject == Subject::Ending;
    checked.error.is_some() || checked.is_stopped && checked.differences.iter().any(ended)
}

/// `0.004`.
fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// Text for an attribute.
fn one_line(text: &str) -> String {
    text.split('\n').map(writable).collect::<Vec<_>>().join(" ")
}

/// Text for the content of an element.
fn lines(text: &str) -> String {
    text.split('\n').map(writable).collect::<Vec<_>>().join("\n")
}

/// A line without what XML cannot hold.
fn writable(line: &str) -> String {
    let mut writable = String::with_capacity(line.len());
    for character in visible(line).chars() {
        match character {
            // Not characters, says XML.
            '\u{fffe}' | '\u{ffff}' => writable.extend(character.escape_unicode()),
            character => writable.push(character),
        }
    }
    writable
}

#[cfg(test)]
#[allow(clippy::needless_raw_string_hashes, reason = "snapbox writes its snapshots so")]
mod tests {
    use quick_xml::Reader;
    use snapbox::{assert_data_eq, str};

    use super::super::checked::tests::{failed, passed, trapped};
    use super::*;

    #[test]
    fn a_suite_has_a_case_for_each_check() {
        let all = [passed("run(\"a & b\")"), failed("answer()", "43", "42"), trapped("answer()")];
        assert_data_eq!(
            junit("p", &all),
            str![[r#"
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="p" tests="3" failures="1" errors="1" skipped="0" time="0.036">
  <testsuite name="p" tests="3" failures="1" errors="1" skipped="0" time="0.036">
    <testcase classname="p" name="run(&quot;a &amp; b&quot;)" time="0.012" file="pipeline.toml" line="7"/>
    <testcase classname="p" name="answer()" time="0.012" file="pipeline.toml" line="7">
      <failure message="result: expected 43, got 42" type="otherwise">result
  expected  43
  got       42</failure>
    </testcase>
    <testcase classname="p" name="answer() #2" time="0.012" file="pipeline.toml" line="7">
      <error message="result: expected 43, got a trap: unreachable" type="stopped">result
  expected  43
  got       a trap: unreachable
it stopped in worker
  worker::answer, worker/src/lib.rs:3:9
       3 | panic!()
standard error
  it is &lt;full&gt;/u{1b}[2J/u{0}/u{ffff}</error>
      <system-err>it is &lt;full&gt;/u{1b}[2J/u{0}/u{ffff}
</system-err>
    </testcase>
  </testsuite>
</testsuites>

"#]]
        );
    }

    #[test]
    fn cases_are_told_apart_by_what_they_are_called() {
        let named = |name: &str, call: &str| Checked { name: name.to_owned(), ..passed(call) };
        let long = "x".repeat(200);
        let all = [
            // The same call by other names needs nothing more.
            named("one", "f()"),
            named("two", "f()"),
            named("two", "g()"),
            named("two #2", "h()"),
            named("two", "i()"),
            // Cut short, these are the same.
            passed(&format!("{long}1")),
            passed(&format!("{long}2")),
        ];
        let long = format!("{}…", &long[..100]);
        let twin = format!("{long} #2");
        assert_eq!(names(&all), ["one", "two", "two #3", "two #2", "two #4", &long, &twin]);
    }

    #[test]
    fn whatever_a_component_writes_the_document_can_be_read() {
        let mut checked = failed("f()", "\"]]>\"", "\"<\u{1}\u{b}&\r\"");
        checked.stdout = Some(('\0'..='\u{2ff}').chain(['\u{fffe}', '\u{10ffff}']).collect());
        let text = junit("<\"p\">", &[checked]);
        let allowed = |c: char| matches!(c, '\t' | '\n' | ' '..='\u{fffd}' | '\u{10000}'..);
        assert!(text.chars().all(allowed), "{text:?}");
        let mut reader = Reader::from_str(&text);
        let mut cases = 0;
        loop {
            match reader.read_event().expect("well formed") {
                Event::Eof => break,
                Event::Start(start) => {
                    start.attributes().for_each(|attribute| drop(attribute.expect("well formed")));
                    cases += usize::from(start.name().as_ref() == "testcase");
                }
                _ => {}
            }
        }
        assert_eq!(cases, 1);
    }
}
