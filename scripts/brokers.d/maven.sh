# Java programs from a Maven repository.

JAVA=${JAVA_HOME:+$JAVA_HOME/bin/}java
MAVEN_COPY=org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies

needs_java() { # NAME LEAST-VERSION
  local version
  version=$("$JAVA" -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
  [ "${version:-0}" -lt "$2" ] || return 0
  warn "$1" "needs Java $2 or later (Debian, Ubuntu: apt-get install default-jre-headless), found: ${version:-none}"
  return 1
}

# The runtime class path of some artifacts, as jars in a folder. It appears under its name when it is whole.
maven_jars() { # NAME FOLDER WHAT ARTIFACT...
  local name=$1 folder=$2 what=$3 log=$LOGS/$1-install.log began_at=$SECONDS
  shift 3
  [ ! -d "$folder" ] || return 0
  if ! command -v mvn >/dev/null; then
    warn "$name" "needs Maven for its first download (Debian, Ubuntu: apt-get install maven)"
    return 1
  fi
  say "$name" "downloads $what with Maven, once…"
  rm -rf "$folder.part"
  mkdir -p "$folder.part"
  maven_project "$@" >"$folder.part/pom.xml"
  # Two Mavens at once can spoil the local repository they share.
  if ! with_lock maven mvn -B -U -ntp -q -f "$folder.part/pom.xml" "$MAVEN_COPY" \
    -DincludeScope=runtime -DoutputDirectory="$folder.part" >"$log" 2>&1 </dev/null; then
    warn_with_log "$name" "the download failed" "$log"
    return 1
  fi
  mv "$folder.part" "$folder" && say "$name" "downloaded in $((SECONDS - began_at)) s"
}

maven_project() { # ARTIFACT...: a project that depends on them
  local group artifact version
  echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
  echo '<groupId>local</groupId><artifactId>brokers</artifactId><version>1</version><packaging>pom</packaging>'
  echo '<dependencies>'
  while [ $# -gt 0 ]; do
    IFS=: read -r group artifact version <<<"$1"
    echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId>"
    echo "<version>$version</version></dependency>"
    shift
  done
  echo '</dependencies></project>'
}
