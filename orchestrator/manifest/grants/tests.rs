//! Grants as their author writes them, the ways to say one key among them.

use super::*;

fn read(text: &str) -> Grants {
    toml::from_str(text).unwrap()
}

#[test]
fn a_key_is_off_on_or_on_in_a_way_of_its_own() {
    let grants = read("stdin = true\nstdout = true\nclocks = true\nrandom = true");
    assert!(matches!(grants.stdin, Switch::On) && matches!(grants.stdout, Output::Captured));
    assert_eq!((grants.clocks, grants.random), (Switch::On, Switch::On));
    let grants = read("stdin = false\nstdout = false\nstderr = 'inherit'\nclocks = false");
    assert!(!grants.stdin.is_on() && !grants.stdout.is_granted() && !grants.clocks.is_on());
    assert!(matches!(grants.stderr, Output::Inherited));
    let text = "stdin = { file = 'in' }\nstdout = { file = 'out' }\nrandom = { seed = 7 }\n\
                clocks = { scale = 10 }";
    let grants = read(text);
    assert_eq!(grants.random, Switch::As(RandomSettings { seed: 7 }));
    let Switch::As(clock) = grants.clocks else { panic!("{:?}", grants.clocks) };
    assert_eq!((clock.fixed, clock.scale.map(Scale::get)), (None, Some(10.0)));
    let (Switch::As(input), Output::File(output)) = (grants.stdin, grants.stdout) else { panic!() };
    assert_eq!((&text[input.file.span()], &text[output.span()]), ("'in'", "'out'"));
}

#[test]
fn all_of_the_environment_is_a_word_of_its_own() {
    assert!(read("inherit-env = ['A', '*']").inherits_all());
    assert!(!read("inherit-env = ['A']\nsecrets = ['B']").inherits_all());
}
