# SQS: ElasticMQ, the most faithful, or moto, which needs no Java and has SNS at the same address.

: "${SQS_IMPL:=elasticmq}"
: "${SQS_PORT:=9324}"
: "${SQS_HEAP:=256m}"
: "${ELASTICMQ_VERSION:=1.7.1}"
: "${MOTO_VERSION:=5.2.5}"

sqs_port() { echo "$SQS_PORT"; }
sqs_ports() { echo "$SQS_PORT"; }
sqs_address() { echo "http://127.0.0.1:$SQS_PORT"; }
sqs_label() { if [ "$SQS_IMPL" = moto ]; then echo "moto $MOTO_VERSION"; else echo "ElasticMQ $ELASTICMQ_VERSION"; fi; }

sqs_install() { sqs_known && "${SQS_IMPL}_install"; }
sqs_launch() { "${SQS_IMPL}_launch"; }

sqs_known() {
  case $SQS_IMPL in
    elasticmq | moto) ;;
    *)
      warn sqs "SQS_IMPL is elasticmq or moto, not $SQS_IMPL"
      return 1
      ;;
  esac
}

# A request of the JSON protocol answered with 200.
sqs_ready() {
  local credential=Credential=x/20260101/us-east-1/sqs/aws4_request
  (
    exec 3<>"/dev/tcp/127.0.0.1/$SQS_PORT" || exit 1
    printf '%s\r\n' 'POST / HTTP/1.1' "Host: 127.0.0.1:$SQS_PORT" 'Connection: close' 'Content-Length: 2' \
      'Content-Type: application/x-amz-json-1.0' 'X-Amz-Target: AmazonSQS.ListQueues' \
      "Authorization: AWS4-HMAC-SHA256 $credential, SignedHeaders=host, Signature=0" '' >&3
    printf '{}' >&3
    IFS= read -r -t 5 -u 3 line && case $line in 'HTTP/1.1 200 '*) true ;; *) false ;; esac
  ) 2>/dev/null
}

elasticmq_install() {
  needs_java sqs 11 &&
    maven_jars sqs "$DOWNLOADS/elasticmq-$ELASTICMQ_VERSION" "ElasticMQ $ELASTICMQ_VERSION (about 40 MB)" \
      "org.elasticmq:elasticmq-server_2.13:$ELASTICMQ_VERSION"
}

elasticmq_launch() {
  local folder=$DATA/sqs-$SQS_PORT config jvm
  config=$folder/elasticmq.conf
  read -ra jvm <<<"$BROKERS_JVM"
  [ -n "$BROKERS_KEEP_DATA" ] || rm -rf "$folder"
  mkdir -p "$folder"
  {
    elasticmq_config
    [ -z "$BROKERS_KEEP_DATA" ] || elasticmq_storage "$folder"
  } >"$config"
  detach sqs "$JAVA" -Xms32m "-Xmx$SQS_HEAP" "${jvm[@]}" "-Dconfig.file=$config" \
    -cp "$DOWNLOADS/elasticmq-$ELASTICMQ_VERSION/*" org.elasticmq.server.Main
}

elasticmq_config() {
  cat <<END
include classpath("application.conf")
node-address { protocol = http, host = "127.0.0.1", port = $SQS_PORT, context-path = "" }
rest-sqs { enabled = true, bind-port = $SQS_PORT, bind-hostname = "127.0.0.1", sqs-limits = strict }
rest-stats { enabled = false }
generate-node-address = false
aws { region = us-east-1, accountId = 000000000000 }
END
}

# Each message is on the disk before it is answered for.
elasticmq_storage() { # FOLDER
  cat <<END
queues-storage { enabled = true, path = "$1/queues.conf" }
messages-storage { enabled = true, uri = "jdbc:h2:$1/messages;WRITE_DELAY=0" }
END
}

moto_install() {
  local folder=$DOWNLOADS/moto-$MOTO_VERSION log=$LOGS/sqs-install.log began_at=$SECONDS
  [ ! -e "$folder/.done" ] || return 0
  if ! command -v python3 >/dev/null; then
    warn sqs 'moto needs Python 3 (Debian, Ubuntu: apt-get install python3-venv)'
    return 1
  fi
  say sqs "downloads moto $MOTO_VERSION with pip (about 320 MB on disk), once…"
  rm -rf "$folder"
  {
    python3 -m venv "$folder" && "$folder/bin/pip" install "moto[server]==$MOTO_VERSION"
  } >"$log" 2>&1 </dev/null || {
    warn_with_log sqs 'the installation of moto failed' "$log"
    return 1
  }
  touch "$folder/.done"
  say sqs "downloaded in $((SECONDS - began_at)) s"
}

moto_launch() { detach sqs "$DOWNLOADS/moto-$MOTO_VERSION/bin/python" -m moto.server -H 127.0.0.1 -p "$SQS_PORT"; }
