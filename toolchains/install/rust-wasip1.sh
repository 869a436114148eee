#!/usr/bin/env bash
# Installs a Rust compiler with the `wasm32-wasip1` standard library, made from Debian's packages.
#
# The ordinary way is `rustup target add wasm32-wasip1`. This one is for machines that reach a Debian mirror and a
# crate registry but no Rust release archive. Debian ships the compiler, its library sources and a WASI C library,
# but no Rust standard library for WASI: that is built here, once, and put into the compiler's own sysroot, after
# which plain cargo works.
#
# Needs no root and leaves the system alone: packages are unpacked, not installed, and apt's state is private.
#
#   POLY_PREFIX   where the result stays; exists and is empty
#   POLY_WORK     scratch; the caller removes it
#   POLY_VERSION  the Rust version to install, e.g. 1.96.0
#
# The result, laid out like a Rust release:
#   bin/{cargo,rustc,rustdoc}           wrappers, each naming the digest of the program behind it
#   libexec/{cargo,rustc,rustdoc}       the programs
#   lib/librustc_driver-*.so            the compiler proper
#   lib/private/                        shared libraries that the system may not have
#   lib/rustlib/<target>/               the standard libraries of the host and of wasm32-wasip1
set -euo pipefail

say() { printf 'rust-wasip1: %s\n' "$*" >&2; }
die() {
  say "error: $1"
  [ $# -lt 2 ] || say "help: $2"
  exit 1
}

for variable in POLY_PREFIX POLY_WORK POLY_VERSION; do
  [ -n "${!variable:-}" ] || die "\`$variable\` is not set" "this script is started by poly"
done
prefix=$(readlink -f "$POLY_PREFIX")
work=$(readlink -f "$POLY_WORK")
wasi=wasm32-wasip1

for tool in apt-get apt-cache dpkg dpkg-deb readelf sha256sum cc; do
  command -v "$tool" >/dev/null ||
    die "\`$tool\` was not found" "this route needs Debian or a relative of it, with gcc and binutils; elsewhere use \`rustup target add $wasi\`"
done
[ "$(dpkg --print-architecture)" = amd64 ] || die "this route is known for x86-64 only" "use \`rustup target add $wasi\`"
host=x86_64-unknown-linux-gnu
multiarch=x86_64-linux-gnu

# Settings of the user's own Rust would change what is built here.
unset RUSTC RUSTDOC RUSTFLAGS RUSTDOCFLAGS CARGO_ENCODED_RUSTFLAGS RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER \
  RUSTUP_TOOLCHAIN CARGO_BUILD_TARGET CARGO_BUILD_RUSTFLAGS CARGO_TARGET_DIR CARGO_BUILD_TARGET_DIR LD_LIBRARY_PATH

# --- apt with a state of its own --------------------------------------------------------------------------------
# The package status is empty, so that apt counts nothing as there already and names every library that is needed;
# the lists are private, so that neither root nor a recent `apt-get update` is needed.
apt_state=$work/apt
mkdir -p "$apt_state"/{state/lists/partial,cache/archives/partial,packages}
: >"$apt_state/status"
apt_options=(-q
  -o "Dir::State=$apt_state/state" -o "Dir::State::status=$apt_state/status" -o "Dir::Cache=$apt_state/cache"
  -o APT::Sandbox::User="$(id -un)" -o APT::Get::Assume-Yes=true -o APT::Install-Recommends=false
  -o APT::Install-Suggests=false -o Acquire::Languages=none -o Acquire::Retries=2)

say "reading the package lists"
# A third-party source that does not answer is no reason to stop: whether the packages are there shows below.
apt-get "${apt_options[@]}" update >"$work/apt-update.log" 2>&1 || true

# The Debian version of package $1 whose upstream version is $2.
candidate() {
  apt-cache "${apt_options[@]}" madison "$1" 2>/dev/null |
    awk -v wanted="$2" '{ version = $3; sub(/^[0-9]+:/, "", version); sub(/[+~-].*/, "", version) } version == wanted { print $3; exit }'
}
rust_version=$(candidate rustc-web "$POLY_VERSION")
if [ -z "$rust_version" ]; then
  tail -n 3 "$work/apt-update.log" >&2
  offered=$(apt-cache "${apt_options[@]}" madison rustc-web 2>/dev/null | awk '{print $3}' | sort -u | tr '\n' ' ')
  die "no package source offers rustc-web $POLY_VERSION (offered: ${offered:-nothing})" \
    "check the network and the package sources (Debian's updates suite), or choose an offered version in the toolchain file"
fi

# rustc and a linker that share one LLVM keep the prefix 150 MB smaller.
llvm=$(apt-cache "${apt_options[@]}" depends "libstd-rust-web-${POLY_VERSION%.*}=$rust_version" |
  sed -n 's/^ *Depends: libllvm\([0-9]*\).*/\1/p' | head -n 1)
lld=lld-${llvm:-19}

wanted=("rustc-web=$rust_version" "cargo-web=$rust_version" "libstd-rust-web-dev=$rust_version"
  "rust-web-src=$rust_version" wasi-libc "$lld" patchelf)
# What every system with apt and a C compiler has, and what must come from the system because it belongs to the
# kernel, the loader or the C compiler. Everything else in the closure is fetched; what is not needed is left out below.
from_system='^(libc6|libc6-dev|libc-dev-bin|libcrypt1|libcrypt-dev|libgcc-s1|libstdc\+\+6|linux-libc-dev|rpcsvc-proto|gcc|cpp|gcc-.*|cpp-.*|libgcc-.*-dev|binutils.*|libbinutils|lib[atl]san[0-9]+|libubsan1|libcc1-0|libisl.*|libtirpc.*|libnsl.*|llvm-.*)$'
apt-get "${apt_options[@]}" --simulate install "${wanted[@]}" >"$work/simulate.log" 2>&1 ||
  { tail -n 5 "$work/simulate.log" >&2; die "apt cannot resolve: ${wanted[*]}" "enable Debian's main, updates and security suites"; }
mapfile -t packages < <(
  sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1 \2/p' "$work/simulate.log" |
    awk -v skip="$from_system" '$1 !~ skip { print $1 "=" $2 }'
)

say "fetching ${#packages[@]} packages"
(cd "$apt_state/packages" && apt-get "${apt_options[@]}" download "${packages[@]}") >"$work/apt-download.log" 2>&1 ||
  { tail -n 5 "$work/apt-download.log" >&2; die "a package could not be fetched" "check the network, then try again"; }
root=$work/root
mkdir -p "$root"
for package in "$apt_state/packages"/*.deb; do
  dpkg -x "$package" "$root"
  rm "$package"
done

# --- the prefix ----------------------------------------------------------------------------------------------------
mkdir -p "$prefix"/{bin,libexec,lib/private,"lib/rustlib/$host/bin"}
cp -a "$root"/usr/bin/{cargo,rustc,rustdoc} "$prefix/libexec/"
cp -a "$root/usr/lib/$multiarch"/librustc_driver-*.so "$prefix/lib/"
cp -a "$root/usr/lib/rustlib/$host/lib" "$prefix/lib/rustlib/$host/"
cp -L "$root/usr/lib/llvm-${lld#lld-}/bin/lld" "$prefix/lib/rustlib/$host/bin/rust-lld"

# The libraries that a program needs are found by a path inside the program, relative to itself: an environment
# variable would reach every compiler, build script and test that cargo starts. DT_RPATH (not RUNPATH), because only
# that one serves the libraries of the libraries as well.
patchelf=$root/usr/bin/patchelf
for program in cargo rustc rustdoc; do
  "$patchelf" --force-rpath --set-rpath '$ORIGIN/../lib:$ORIGIN/../lib/private' "$prefix/libexec/$program"
done
"$patchelf" --force-rpath --set-rpath '$ORIGIN/../../../private' "$prefix/lib/rustlib/$host/bin/rust-lld"

# Copies what $1 needs, and what that needs, from the unpacked packages; the rest is the system's.
copy_libraries() {
  local name found
  while read -r name; do
    [ ! -e "$prefix/lib/private/$name" ] || continue
    for found in "$root/usr/lib/$multiarch/$name" "$root/lib/$multiarch/$name"; do
      if [ -e "$found" ]; then
        cp -L "$found" "$prefix/lib/private/$name"
        copy_libraries "$prefix/lib/private/$name"
        break
      fi
    done
  done < <(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -v '^librustc_driver-')
}
for file in "$prefix"/libexec/* "$prefix"/lib/librustc_driver-*.so "$prefix/lib/rustlib/$host/bin/rust-lld"; do
  copy_libraries "$file"
done
# A library of a library is looked up by the program's path; only a missing one is an error.
for file in "$prefix"/libexec/* "$prefix/lib/rustlib/$host/bin/rust-lld"; do
  missing=$(ldd "$file" | awk '/not found/ { print $1 }' | tr '\n' ' ')
  [ -z "$missing" ] || die "libraries are missing for \`${file##*/}\`: $missing" "install them from the distribution"
done

# The wrappers are what poly takes the digest of; the digest within makes it cover the program as well.
for program in cargo rustc rustdoc; do
  digest=$(cat "$prefix/libexec/$program" "$prefix"/lib/librustc_driver-*.so | sha256sum | cut -d ' ' -f 1)
  {
    echo '#!/bin/sh'
    echo "# sha256 of $program and of the compiler library: $digest"
    echo 'here=$(dirname "$(readlink -f "$0")")'
    # cargo from one toolchain must not start the rustc of another that comes first on PATH.
    if [ "$program" = cargo ]; then
      echo ': "${RUSTC:=$here/rustc}" "${RUSTDOC:=$here/rustdoc}"'
      echo 'export RUSTC RUSTDOC'
    fi
    echo 'exec "$here/../libexec/'"$program"'" "$@"'
  } >"$prefix/bin/$program"
  chmod +x "$prefix/bin/$program"
done

# --- the standard library for WASI ---------------------------------------------------------------------------------
say "building the standard library for $wasi (about 75 seconds of one processor)"
libc=$root/usr/lib/wasm32-wasi
# -Zbuild-std looks for the sources in the sysroot; they are needed for this build alone.
mkdir -p "$prefix/lib/rustlib/src"
ln -s "$(readlink -f "$root/usr/lib/rustlib/src/rust" || true)" "$prefix/lib/rustlib/src/rust" 2>/dev/null || true
if [ ! -e "$prefix/lib/rustlib/src/rust/library/std" ]; then
  # In the package the sources are an absolute link into /usr/src, which is not ours.
  sources=$(echo "$root"/usr/src/rustc-*)
  [ -d "$sources/library/std" ] || die "the package rust-web-src has no library sources" "choose another version"
  ln -sfn "$sources" "$prefix/lib/rustlib/src/rust"
fi
project=$work/std
mkdir -p "$project/src"
: >"$project/src/lib.rs"
cat >"$project/Cargo.toml" <<'TOML'
[package]
name = "std-for-wasi"
version = "0.0.0"
edition = "2021"

[lib]
crate-type = ["cdylib"]

[profile.release]
panic = "abort"

[workspace]
TOML
# Bitcode is embedded because projects that set `lto = true` need the library's; paths of this machine are kept out
# of the library, since panic messages would carry them into every component.
cat >"$project/std.toml" <<TOML
[target.$wasi]
linker = "$prefix/lib/rustlib/$host/bin/rust-lld"
rustflags = [
  "-Cembed-bitcode=yes", "-Clinker-flavor=wasm-ld", "-Clink-self-contained=no", "-L$libc", "-Clink-arg=$libc/crt1-reactor.o",
  "--remap-path-prefix=$prefix=/rust", "--remap-path-prefix=$work=/rust",
]
TOML
(cd "$project" && RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$project/target" CARGO_INCREMENTAL=0 "$prefix/bin/cargo" \
  --config std.toml build --release -Zbuild-std=std,panic_abort --target "$wasi") >"$work/std.log" 2>&1 ||
  { tail -n 15 "$work/std.log" >&2; die "the standard library for $wasi could not be built" "check that the crate registry can be reached"; }

mkdir -p "$prefix/lib/rustlib/$wasi/lib/self-contained"
cp "$project/target/$wasi"/release/deps/*.rlib "$prefix/lib/rustlib/$wasi/lib/"
cp "$libc"/{crt1-command.o,crt1-reactor.o,libc.a} "$prefix/lib/rustlib/$wasi/lib/self-contained/"
rm -r "$prefix/lib/rustlib/src"

# --- proof -----------------------------------------------------------------------------------------------------------
# A procedural macro (host) and a cdylib (WASI) with lto: what a component needs.
say "trying it"
mkdir -p "$work/proof"/{src,shout/src}
cat >"$work/proof/Cargo.toml" <<'TOML'
[package]
name = "proof"
version = "0.0.0"
edition = "2021"
[lib]
crate-type = ["cdylib"]
[dependencies]
shout = { path = "shout" }
[profile.release]
lto = true
panic = "abort"
[workspace]
TOML
cat >"$work/proof/shout/Cargo.toml" <<'TOML'
[package]
name = "shout"
version = "0.0.0"
edition = "2021"
[lib]
proc-macro = true
TOML
echo '#[proc_macro] pub fn shout(input: proc_macro::TokenStream) -> proc_macro::TokenStream { input }' >"$work/proof/shout/src/lib.rs"
echo '#[no_mangle] pub extern "C" fn answer() -> usize { shout::shout!(std::env::args().count() + 42) }' >"$work/proof/src/lib.rs"
echo 'fn main() { println!("cargo::rerun-if-changed=build.rs"); }' >"$work/proof/build.rs"
(cd "$work/proof" && CARGO_TARGET_DIR="$work/proof/target" "$prefix/bin/cargo" build --offline --release --target "$wasi") >"$work/proof.log" 2>&1 &&
  [ -s "$work/proof/target/$wasi/release/proof.wasm" ] ||
  { tail -n 15 "$work/proof.log" >&2; die "the installed compiler does not build for $wasi" "report this with the lines above"; }

say "installed: $("$prefix/bin/rustc" --version)"
