# Apache Kafka: one KRaft node, broker and controller at once.

: "${KAFKA_VERSION:=4.4.0}"
: "${KAFKA_PORT:=9092}"
: "${KAFKA_CONTROLLER_PORT:=$((KAFKA_PORT + 1))}"
: "${KAFKA_HEAP:=512m}"
: "${KAFKA_PARTITIONS:=3}"
: "${KAFKA_LOG:=error}"

kafka_port() { echo "$KAFKA_PORT"; }
kafka_ports() { echo "$KAFKA_PORT $KAFKA_CONTROLLER_PORT"; }
kafka_address() { echo "127.0.0.1:$KAFKA_PORT"; }
kafka_label() { echo "Kafka $KAFKA_VERSION"; }

kafka_install() {
  # Kafka's own dependencies have no logger behind slf4j: without one it is silent about its errors too.
  needs_java kafka 17 &&
    maven_jars kafka "$DOWNLOADS/kafka-$KAFKA_VERSION" "Kafka $KAFKA_VERSION (about 45 MB)" \
      "org.apache.kafka:kafka_2.13:$KAFKA_VERSION" org.slf4j:slf4j-simple:1.7.36
}

# It opens its port when it is ready to serve; the answer to an ApiVersions request shows that it is a Kafka.
kafka_ready() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$KAFKA_PORT" || exit 1
    printf '\0\0\0\012\0\022\0\0\0\0\0\1\377\377' >&3
    # The answer begins with its length, whose first byte is 0: the delimiter, so what is read is empty.
    IFS= read -r -t 2 -d '' -n 1 -u 3 byte && [ -z "$byte" ]
  ) 2>/dev/null
}

kafka_launch() {
  local folder=$DATA/kafka-$KAFKA_PORT jvm log
  read -ra jvm <<<"$BROKERS_JVM"
  jvm+=("-Dorg.slf4j.simpleLogger.defaultLogLevel=$KAFKA_LOG" -cp "$DOWNLOADS/kafka-$KAFKA_VERSION/*")
  log=$(log_file kafka)
  [ -n "$BROKERS_KEEP_DATA" ] || rm -rf "$folder"
  mkdir -p "$folder"
  kafka_config "$folder" >"$folder/server.properties"
  if [ ! -e "$folder/log/meta.properties" ]; then
    "$JAVA" "${jvm[@]}" kafka.tools.StorageTool format -t 4L6g3nShT-eMCtK--X86sw -c "$folder/server.properties" \
      >"$log" 2>&1 </dev/null || {
      warn_with_log kafka 'could not format its data folder' "$log"
      return 1
    }
  fi
  detach kafka "$JAVA" -Xms64m "-Xmx$KAFKA_HEAP" "${jvm[@]}" kafka.Kafka "$folder/server.properties"
}

# Small and quick: few internal partitions, no wait before the first rebalance, short sessions allowed.
kafka_config() { # FOLDER
  cat <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$KAFKA_CONTROLLER_PORT
listeners=PLAINTEXT://127.0.0.1:$KAFKA_PORT,CONTROLLER://127.0.0.1:$KAFKA_CONTROLLER_PORT
advertised.listeners=PLAINTEXT://127.0.0.1:$KAFKA_PORT
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
log.dirs=$1/log
num.partitions=$KAFKA_PARTITIONS
auto.create.topics.enable=true
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
log.cleaner.dedupe.buffer.size=2097152
log.segment.bytes=16777216
log.index.size.max.bytes=1048576
END
}
