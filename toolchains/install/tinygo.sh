#!/usr/bin/env bash
# Installs TinyGo for WASI (`-target=wasip1`), made from its Go module and Debian's LLVM packages.
#
# The ordinary way is TinyGo's release archive. This one is for machines that reach a Debian mirror and a Go module
# proxy but no release archive. The module has TinyGo's own sources; what an archive adds is put together here: LLVM,
# clang and lld, wasm-opt, and the C library and compiler runtime for WASI.
#
# Needs no root and leaves the system alone: packages are unpacked, not installed, and apt's state is private.
#
#   POLY_PREFIX   where the result stays; exists and is empty
#   POLY_WORK     scratch; the caller removes it
#   POLY_VERSION  the TinyGo version to install, e.g. 0.41.1
#
# The result, which is a TINYGOROOT:
#   bin/tinygo                      wrapper that names the digest of the programs behind it
#   libexec/                        tinygo and what it starts: clang-19, wasm-ld-19, wasm-opt
#   lib/private/                    shared libraries that the system may not have
#   lib/{wasi-libc,compiler-rt-builtins,clang}, src/, targets/wasip1.json
#   cache/                          TinyGo's own cache, filled with the libraries for WASI
set -euo pipefail

say() { printf 'tinygo: %s\n' "$*" >&2; }
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
llvm=19

for tool in apt-get apt-cache dpkg readelf sha256sum tar xz; do
  command -v "$tool" >/dev/null ||
    die "\`$tool\` was not found" "this route needs Debian or a relative of it; elsewhere install TinyGo's release archive"
done
for tool in go cc c++; do
  command -v "$tool" >/dev/null || die "\`$tool\` was not found" "install Go and the package g++; TinyGo is compiled here"
done
[ "$(dpkg --print-architecture)" = amd64 ] || die "this route is known for x86-64 only" "install TinyGo's release archive"
multiarch=x86_64-linux-gnu

# Settings of the user's own that would change what is built here; where modules come from stays the user's choice.
unset GOFLAGS GOOS GOARCH GOROOT GOBIN GOEXPERIMENT TINYGOROOT WASMOPT LD_LIBRARY_PATH CC CXX \
  CGO_CFLAGS CGO_CXXFLAGS CGO_CPPFLAGS CGO_LDFLAGS
export GOWORK=off GOCACHE="$work/go-build"

# --- apt with a state of its own --------------------------------------------------------------------------------
# The package status is empty, so that apt counts nothing as there already and names every library that is needed;
# the lists are private, so that neither root nor a recent `apt-get update` is needed.
apt_state=$work/apt
mkdir -p "$apt_state"/{state/lists/partial,cache/archives/partial,packages,sources.d,source}
: >"$apt_state/status"
# The same sources as the machine's, and for Debian's own the source packages as well: `deb-src` for each `deb`.
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
  [ -f "$file" ] || continue
  sed -nE '/^[[:space:]]*deb[[:space:]].*debian/ { p; s/deb/deb-src/; p }' "$file" >"$apt_state/sources.d/$(basename "$file")"
done
for file in /etc/apt/sources.list.d/*.sources; do
  [ -f "$file" ] || continue
  # Paragraphs, of which only those for Debian are taken.
  awk -v RS= -v ORS='\n\n' 'tolower($0) ~ /uris:[^\n]*debian/ { sub(/(^|\n)Types:[^\n]*/, "\nTypes: deb deb-src"); print }' \
    "$file" >"$apt_state/sources.d/$(basename "$file")"
done
apt_options=(-q
  -o "Dir::State=$apt_state/state" -o "Dir::State::status=$apt_state/status" -o "Dir::Cache=$apt_state/cache"
  -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$apt_state/sources.d"
  -o APT::Sandbox::User="$(id -un)" -o APT::Get::Assume-Yes=true -o APT::Install-Recommends=false
  -o APT::Install-Suggests=false -o Acquire::Languages=none -o Acquire::Retries=2)

say "reading the package lists"
# A source that does not answer is no reason to stop: whether the packages are there shows below.
apt-get "${apt_options[@]}" update >"$work/apt-update.log" 2>&1 || true

wanted=("llvm-$llvm-dev" "libclang-$llvm-dev" "libclang-common-$llvm-dev" "libclang1-$llvm" "clang-$llvm" "lld-$llvm"
  "libclang-rt-$llvm-dev-wasm32" binaryen patchelf)
# What every system with apt and a C++ compiler has, or what only building with these packages in other ways would
# need. Everything else in the closure is fetched; what is not needed is left out below.
not_fetched='^(libc6|libc6-dev|libc-dev-bin|libcrypt1|libcrypt-dev|libgcc-s1|libstdc\+\+.*|linux-libc-dev|rpcsvc-proto|gcc-.*|libgcc-.*-dev|libobjc.*|libgc1|binutils.*|libbinutils|lib[atl]san[0-9]+|libubsan1|libtirpc.*|libnsl.*|tar|dpkg|ncurses-bin|media-types|readline-common|icu-devtools|python3.*|libpython3.*|llvm-19|llvm-19-(tools|runtime|linker-tools)|libclang-rt-19-dev|.*-dev)$'
apt-get "${apt_options[@]}" --simulate install "${wanted[@]}" >"$work/simulate.log" 2>&1 ||
  { tail -n 5 "$work/apt-update.log" "$work/simulate.log" >&2; die "apt cannot resolve: ${wanted[*]}" "check the network, and that Debian's main suite is among the package sources"; }
mapfile -t packages < <(
  sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*/\1 \2/p' "$work/simulate.log" |
    awk -v skip="$not_fetched" -v keep=" ${wanted[*]} " '$1 !~ skip || index(keep, " " $1 " ") { print $1 "=" $2 }'
)

say "fetching ${#packages[@]} packages"
(cd "$apt_state/packages" && apt-get "${apt_options[@]}" download "${packages[@]}") >"$work/apt-download.log" 2>&1 ||
  { tail -n 5 "$work/apt-download.log" >&2; die "a package could not be fetched" "check the network, then try again"; }
(cd "$apt_state/source" && apt-get "${apt_options[@]}" source --download-only wasi-libc) >"$work/apt-source.log" 2>&1 ||
  { tail -n 5 "$work/apt-source.log" >&2; die "the source package \`wasi-libc\` could not be fetched" "check that the mirror has source packages"; }
root=$work/root
mkdir -p "$root" "$work/wasi-libc"
for package in "$apt_state/packages"/*.deb; do
  dpkg -x "$package" "$root"
  rm "$package"
done
tar -xJf "$apt_state"/source/wasi-libc_*.orig.tar.* -C "$work/wasi-libc" --strip-components=1

# --- TinyGo ------------------------------------------------------------------------------------------------------------
say "compiling TinyGo $POLY_VERSION (about 60 seconds)"
# `go install …@version` asks the proxy for a list of versions, which not every proxy has; a download does not.
mkdir -p "$work/module"
(cd "$work/module" && printf 'module poly.invalid/tools\n' >go.mod && go mod download -json "github.com/tinygo-org/tinygo@v$POLY_VERSION") \
  >"$work/module.json" 2>"$work/module.log" ||
  { cat "$work/module.log" "$work/module.json" >&2; die "the Go module of TinyGo $POLY_VERSION could not be fetched" "check GOPROXY and the version"; }
module=$(sed -n 's/^[[:space:]]*"Dir": "\(.*\)",*$/\1/p' "$work/module.json")
mkdir -p "$work/tinygo"
cp -R "$module/." "$work/tinygo"
chmod -R u+w "$work/tinygo"
libraries=$root/usr/lib/llvm-$llvm/lib:$root/usr/lib/$multiarch:$root/lib/$multiarch
(
  cd "$work/tinygo"
  export CGO_ENABLED=1 GOFLAGS='-mod=readonly -buildvcs=false'
  export CGO_CPPFLAGS="-I$root/usr/include/llvm-$llvm -I$root/usr/include/llvm-c-$llvm -I$root/usr/lib/llvm-$llvm/include"
  export CGO_CFLAGS=-O1 CGO_CXXFLAGS=-O1
  export CGO_LDFLAGS="-L$root/usr/lib/llvm-$llvm/lib -L$root/usr/lib/$multiarch -Wl,-rpath-link,$libraries"
  go build -trimpath -ldflags='-s -w' "-tags=llvm$llvm" -o "$work/tinygo.bin" .
) >"$work/build.log" 2>&1 ||
  { tail -n 15 "$work/build.log" >&2; die "TinyGo could not be compiled" "TinyGo $POLY_VERSION may want another Go than $(go env GOVERSION)"; }

# --- the prefix ----------------------------------------------------------------------------------------------------
mkdir -p "$prefix"/{bin,libexec,lib/private,lib/clang,lib/compiler-rt-builtins,targets,cache}
cp "$work/tinygo.bin" "$prefix/libexec/tinygo"
cp -L "$root/usr/lib/llvm-$llvm/bin/clang" "$prefix/libexec/clang-$llvm"
cp -L "$root/usr/lib/llvm-$llvm/bin/lld" "$prefix/libexec/wasm-ld-$llvm"
cp -L "$root/usr/bin/wasm-opt" "$prefix/libexec/wasm-opt"

# The libraries that a program needs are found by a path inside the program, relative to itself, and not by an
# environment variable, which would reach `go` and everything else that TinyGo starts. DT_RPATH (not RUNPATH), because
# only that one serves the libraries of the libraries as well. Those that have a path of their own, fit for
# /usr/lib, lose it.
patchelf=$root/usr/bin/patchelf
for program in "$prefix"/libexec/*; do
  chmod 755 "$program"
  "$patchelf" --force-rpath --set-rpath '$ORIGIN/../lib/private' "$program"
done
# Copies what $1 needs, and what that needs, from the unpacked packages; the rest is the system's.
copy_libraries() {
  local name found
  while read -r name; do
    [ ! -e "$prefix/lib/private/$name" ] || continue
    for found in "$root/usr/lib/$multiarch/$name" "$root/lib/$multiarch/$name"; do
      if [ -e "$found" ]; then
        cp -L "$found" "$prefix/lib/private/$name"
        if readelf -d "$found" | grep -q RUNPATH; then
          "$patchelf" --remove-rpath "$prefix/lib/private/$name"
        fi
        copy_libraries "$prefix/lib/private/$name"
        break
      fi
    done
  done < <(readelf -d "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
}
for program in "$prefix"/libexec/*; do
  copy_libraries "$program"
done
for program in "$prefix"/libexec/*; do
  missing=$(ldd "$program" | awk '/not found/ { print $1 }' | tr '\n' ' ')
  [ -z "$missing" ] || die "libraries are missing for \`${program##*/}\`: $missing" "install them from the distribution"
done

# TinyGo's own libraries; the archive fills src/net from a repository of its own, which WASI does not use.
cp -R "$work/tinygo/src" "$prefix/src"
rm -rf "$prefix/src/examples"
mkdir -p "$prefix/src/net"

# clang's headers, where clang looks for them (lib/clang/19) and where TinyGo's cgo does (lib/clang).
cp -RL "$root/usr/lib/llvm-$llvm/lib/clang/$llvm/include" "$prefix/lib/clang/include"
ln -s . "$prefix/lib/clang/$llvm"

# --- libraries for WASI ------------------------------------------------------------------------------------------------
# TinyGo compiles its compiler runtime from LLVM's sources, which come in a package of 164 MB. Debian also has that
# runtime compiled for wasm32 (80 KB): it is linked instead, and TinyGo is given empty files to compile. That works for
# wasm32 alone, so no other target is kept.
cp -L "$root/usr/lib/llvm-$llvm/lib/clang/$llvm"/lib/wasi/libclang_rt.builtins-wasm32.a "$prefix/lib/compiler-rt-builtins/"
sed -n '/^var genericBuiltins = /,/^}/ s/^[[:space:]]*"\([a-z0-9_]*\.c\)",.*/\1/p' "$work/tinygo/builder/builtins.go" |
  while read -r file; do
    echo '// Empty: libclang_rt.builtins-wasm32.a is linked instead.' >"$prefix/lib/compiler-rt-builtins/$file"
  done
# The two features are unknown to LLVM 19, which says so at every build and leaves them out.
sed -E -e 's/\+(bulk-memory-opt|call-indirect-overlong),//g' \
  -e 's|("--stack-first",)|\1 "{root}/lib/compiler-rt-builtins/libclang_rt.builtins-wasm32.a",|' \
  "$work/tinygo/targets/wasip1.json" >"$prefix/targets/wasip1.json"
grep -q libclang_rt "$prefix/targets/wasip1.json" || die "TinyGo's description of the target wasip1 has changed" "use TinyGo 0.41.1"

# Debian's WASI C library is of 2022; TinyGo expects a newer one and compiles it with -Werror.
libc=$prefix/lib/wasi-libc
mkdir -p "$libc"
cp -R "$work"/wasi-libc/{libc-bottom-half,libc-top-half,dlmalloc} "$libc/"
cp "$work"/wasi-libc/LICENSE* "$libc/"
# The macros `weak` and `noreturn`, once defined, would be expanded within these attributes.
find "$libc/libc-bottom-half" "$libc/libc-top-half/sources" "$libc/libc-top-half/headers" "$libc/libc-top-half/musl/include" \
  -name '*.[ch]' -exec sed -i -e 's/__attribute__((weak\b/__attribute__((__weak__/g' -e 's/__attribute__((noreturn\b/__attribute__((__noreturn__/g' {} +
# What WASI has no use for and this version cannot compile.
: >"$libc/libc-top-half/musl/src/env/__stack_chk_fail.c"
: >"$libc/libc-top-half/musl/src/thread/thrd_sleep.c"
# `noreturn` and `__strong_reference` come from headers that TinyGo does not pass on.
sed -i -e 's/^noreturn void/__attribute__((__noreturn__)) void/' \
  -e 's/^__strong_reference(.*/__attribute__((__noreturn__)) void _exit(int status) { _Exit(status); }/' \
  "$libc/libc-bottom-half/cloudlibc/src/libc/stdlib/_Exit.c"

# --- the wrapper ---------------------------------------------------------------------------------------------------------
# TinyGo keeps compiled libraries in the user's cache, under names that do not tell these from another TinyGo's: a
# cache of its own keeps both apart, and makes what is linked part of this installation.
digest=$(cat "$prefix"/libexec/* "$prefix/targets/wasip1.json" | sha256sum | cut -d ' ' -f 1)
cat >"$prefix/bin/tinygo" <<SH
#!/bin/sh
# sha256 of tinygo, of the programs it starts and of its target: $digest
SH
cat >>"$prefix/bin/tinygo" <<'SH'
root=$(dirname "$(dirname "$(readlink -f "$0")")")
if [ -z "${GOCACHE:-}" ] && [ -n "${XDG_CACHE_HOME:-${HOME:-}}" ]; then
  export GOCACHE="${XDG_CACHE_HOME:-$HOME/.cache}/go-build"
fi
if [ -w "$root/cache" ]; then
  export XDG_CACHE_HOME="$root/cache"
else
  export XDG_CACHE_HOME="${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/poly-tinygo"
fi
export TINYGOROOT="$root" PATH="$root/libexec:$PATH"
exec "$root/libexec/tinygo" "$@"
SH
chmod +x "$prefix/bin/tinygo"

# --- proof -----------------------------------------------------------------------------------------------------------
say "trying it, and compiling its libraries for WASI (about 20 seconds)"
mkdir -p "$work/proof"
printf 'module proof\n\ngo 1.21\n' >"$work/proof/go.mod"
cat >"$work/proof/main.go" <<'GO'
package main

import (
	"encoding/json"
	"os"
	"sort"
	"strings"
	"time"
)

//go:wasmexport answer
func answer() uint32 {
	words := strings.Fields(os.Getenv("WORDS"))
	sort.Strings(words)
	text, _ := json.Marshal(map[string]any{"words": words, "now": time.Now(), "half": float64(len(words)) / 2})
	return uint32(len(text))
}

func main() {}
GO
(cd "$work/proof" && "$prefix/bin/tinygo" build -target=wasip1 -buildmode=c-shared -scheduler=none -no-debug -o "$work/proof/proof.wasm" .) >"$work/proof.log" 2>&1 &&
  [ -s "$work/proof/proof.wasm" ] ||
  { tail -n 15 "$work/proof.log" >&2; die "the installed TinyGo does not build for wasip1" "report this with the lines above"; }
[ ! -s "$work/proof.log" ] || cat "$work/proof.log" >&2

say "installed: $("$prefix/bin/tinygo" version)"
