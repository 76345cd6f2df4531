# Shared by the scripts here: sourced, never run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
build=build/dev

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
fail() {
  printf 'tomoscribe: %s\n' "$*" >&2
  exit 1
}

# Node that bootstrap found or fetched.
if [ -x .cache/node/bin/node ]; then PATH=$root/.cache/node/bin:$PATH; fi

# The built programs, up to date. $@: ninja targets (default: all). Torch_DIR in the environment takes another LibTorch.
build_tree() {
  local options=()
  [ -n "${Torch_DIR:-}" ] && options+=("-DTorch_DIR=$Torch_DIR")
  if [ ! -f "$build/build.ninja" ] || { [ -n "${Torch_DIR:-}" ] && ! grep -qxF "Torch_DIR:PATH=$Torch_DIR" "$build/CMakeCache.txt"; }; then
    cmake --preset dev "${options[@]}" >"$root/.cache/configure.log" 2>&1 || {
      tail -n 30 "$root/.cache/configure.log" >&2
      fail "CMake could not configure the build (whole log: .cache/configure.log)"
    }
  fi
  ninja -C "$build" "$@" || fail "the build failed; the first error stands above"
}
