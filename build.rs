//! Has the executable's pointers packed (`DT_RELR`), where the loader can read that: a small build with
//! nothing to do takes 4 to 11 % less.
//!
//! glibc reads it since 2.36, and an executable that is linked so starts with no older one. So it is done
//! where glibc is that new: whoever builds poly for older systems builds it on one, or says in `RUSTFLAGS`
//! how it is to be linked.

use std::env;
use std::process::Command;

/// The target that rustc links with an lld of its own, unless it is told otherwise.
const TARGET: &str = "x86_64-unknown-linux-gnu";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let is_for_here =
        ["HOST", "TARGET"].iter().all(|name| env::var(name).is_ok_and(|is| is == TARGET));
    // Another linker may not know the option.
    let is_as_usual = env::var_os("RUSTC_LINKER").is_none()
        && env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| !flags.contains("link"));
    if is_for_here && is_as_usual && glibc().is_some_and(|version| version >= (2, 36)) {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}

/// The version of this machine's glibc, if it has one and says so.
fn glibc() -> Option<(u32, u32)> {
    let told = Command::new("getconf").arg("GNU_LIBC_VERSION").output().ok()?;
    let told = String::from_utf8(told.stdout).ok()?;
    let (major, minor) = told.trim().strip_prefix("glibc ")?.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}
