#!/usr/bin/env bash
# Builds the Collector of collector-manifest.yaml, and the checker of Prometheus rules in promcheck/, from the Go module
# proxy; needs Go 1.25 or newer, and nothing else. Takes minutes the first time; then both are in the cache:
# ${XDG_CACHE_HOME:-~/.cache}/queuetrace-collector.
#
#   build-collector.sh           builds what is missing
#                                exit status 75: the proxy does not have them, or is out of reach
#   build-collector.sh --paths   prints where both binaries are, or will be, a line each; builds nothing
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
manifest=$here/collector-manifest.yaml
version=$(sed -n 's/^  version: //p' "$manifest")
cache=${XDG_CACHE_HOME:-$HOME/.cache}/queuetrace-collector
# Other sources are another file: nothing in the cache is ever out of date.
sum_of() { cat "$@" | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-12; }
otelcol=$cache/otelcol-$version-$(sum_of "$manifest")
promcheck=$cache/promcheck-$(sum_of "$here"/promcheck/*)

if [ "${1-}" = --paths ]; then
  printf '%s\n' "$otelcol" "$promcheck"
  exit
fi

started=$SECONDS
say() { printf '%4ds  %s\n' $((SECONDS - started)) "$*"; }

command -v go >/dev/null || {
  echo "build-collector.sh: go is not on the PATH (Go 1.25 or newer: https://go.dev/dl)" >&2
  exit 1
}

[ -x "$otelcol" ] && [ -x "$promcheck" ] || go list -m "go.opentelemetry.io/collector/cmd/builder@v$version" >/dev/null || {
  echo "build-collector.sh: the builder $version is not to be had from $(go env GOPROXY)" >&2
  exit 75
}

mkdir -p "$cache"
# One build at a time: a second one waits and finds the work done.
if command -v flock >/dev/null; then
  exec 9>"$cache/lock"
  flock 9
fi
work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT

# Compiles the module in a directory, and tells how far it is.
compile() { # DIRECTORY OUTPUT
  local total
  total=$(cd "$1" && go list -deps . | wc -l)
  say "compiling $(basename "$2"): at most $total packages"
  (cd "$1" && nice -n 19 go build -v -trimpath -buildvcs=false -ldflags='-s -w' -o "$work/binary" . 2>&1) |
    while IFS= read -r line; do
      case $line in
        # Compiled packages are paths; all else is what went wrong.
        *[\ :]*) echo "$line" >&2 ;;
        *) count=$((${count:-0} + 1)) && { [ $((count % 100)) -ne 0 ] || say "  $count compiled"; } ;;
      esac
    done
  # Never half a binary under the final name.
  mv "$work/binary" "$2"
}

if [ ! -x "$promcheck" ]; then
  compile "$here/promcheck" "$promcheck"
fi

if [ ! -x "$otelcol" ]; then
  say "the builder $version"
  GOBIN=$work nice -n 19 go install "go.opentelemetry.io/collector/cmd/builder@v$version"
  say "the sources and modules of the Collector"
  sed "s|^dist:|&\n  output_path: $work/source|" "$manifest" >"$work/builder.yaml"
  nice -n 19 "$work/builder" --config "$work/builder.yaml" --skip-compilation 2>&1 | cut -f 4- | sed 's/^/       /'
  compile "$work/source" "$otelcol"
fi

say "ready: $otelcol $promcheck"
