#!/usr/bin/env bash
# Builds what the programs in other languages need, from the package registries, pinned; minutes the first time, then all
# of it is in the cache: ${XDG_CACHE_HOME:-~/.cache}/queuetrace-interop. A language whose toolchain is not there is left
# out. Prints a line for each language: its name, and where it was built or `!! why not`.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/queuetrace-interop
mkdir -p "$cache"
# One build at a time: a second one waits and finds the work done.
if command -v flock >/dev/null; then
  exec 9>"$cache/lock"
  flock 9
fi

# Other sources are another folder: nothing in the cache is ever out of date.
sum_of() { find "$@" -type f -print0 | sort -z | xargs -0 cat | { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-12; }

python_sources=("$here/python/requirements.txt")
python_needs() { python3 -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' || echo 'Python 3.10 or newer, with venv'; }
python_build() { # FOLDER
  python3 -m venv "$1" && "$1/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/python/requirements.txt"
}

go_sources=("$here/go")
go_needs() { command -v go >/dev/null || echo 'Go 1.26 or newer'; }
go_build() { (cd "$here/go" && nice go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$1/sarama" .); }

java_sources=("$here/java")
java_needs() { command -v javac >/dev/null && command -v mvn >/dev/null || echo 'a JDK of Java 17 or newer, and Maven'; }
java_build() {
  # Maven brings what it was asked for by name; the compiler needs none of its plugins.
  nice mvn -q -B -f "$here/java/pom.xml" dependency:copy-dependencies -DoutputDirectory="$1/lib" -Dmdep.stripVersion=true &&
    mkdir -p "$1/classes" "$1/agent" && mv "$1"/lib/opentelemetry-javaagent.jar "$1/agent" &&
    find "$here/java/src" -name '*.java' -print0 |
    xargs -0 nice javac --release 17 -parameters -cp "$1/lib/*" -d "$1/classes"
}

provide() { # LANGUAGE
  local sources="$1_sources[@]" missing folder
  missing=$("$1_needs" 2>/dev/null)
  if [ -n "$missing" ]; then
    echo "$1 !! needs $missing"
    return
  fi
  folder=$cache/$1-$(sum_of "${!sources}")
  if [ ! -e "$folder/.built" ]; then
    echo "building for $1 (once)…" >&2
    rm -rf "$folder"
    if ! "$1_build" "$folder" >"$cache/$1.log" 2>&1; then
      tail -n 30 "$cache/$1.log" >&2
      echo "$1 !! could not be built: see $cache/$1.log"
      return
    fi
    touch "$folder/.built"
  fi
  echo "$1 $folder"
}

for language in python go java; do provide "$language" & done
wait
