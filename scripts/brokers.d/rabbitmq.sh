# RabbitMQ: the package of Debian or Ubuntu, run as this user in a folder of its own, never as the system's service.

: "${RABBIT_PORT:=5672}"
: "${RABBIT_SERVER:=/usr/lib/rabbitmq/bin/rabbitmq-server}" # not the one in /usr/sbin, which changes the user
: "${RABBIT_NODE:=mq@localhost}"
: "${RABBIT_DIST_PORT:=$((RABBIT_PORT + 15000))}"
: "${RABBIT_EPMD_PORT:=$((RABBIT_PORT + 15001))}" # not 4369: that epmd may be another Erlang's
: "${RABBIT_LOG:=error}"

rabbitmq_port() { echo "$RABBIT_PORT"; }
rabbitmq_ports() { echo "$RABBIT_PORT $RABBIT_DIST_PORT $RABBIT_EPMD_PORT"; }
rabbitmq_address() { echo "amqp://guest:guest@127.0.0.1:$RABBIT_PORT"; }
rabbitmq_label() { echo "RabbitMQ$(rabbitmq_version)"; }

rabbitmq_version() {
  command -v dpkg-query >/dev/null || return 0
  dpkg-query -W -f=' ${Version}' rabbitmq-server 2>/dev/null | sed 's/[-+~].*//'
}

# ---- install -----------------------------------------------------------------------------------------------------

rabbitmq_install() {
  local log=$LOGS/rabbitmq-install.log began_at=$SECONDS
  [ ! -x "$RABBIT_SERVER" ] || return 0
  if ! command -v apt-get >/dev/null; then
    warn rabbitmq "is installed with apt-get, on Debian and Ubuntu only; elsewhere set RABBIT_SERVER to a \
rabbitmq-server script of your own, or have a RabbitMQ on port $RABBIT_PORT (docker compose up -d rabbitmq)"
    return 1
  elif ! can_be_root; then
    warn rabbitmq 'needs root or sudo for its first installation: run scripts/brokers install rabbitmq in a terminal'
    return 1
  fi
  say rabbitmq 'installs rabbitmq-server with apt-get (RabbitMQ and Erlang, about 60 MB on disk), once…'
  if ! with_lock apt rabbitmq_apt >"$log" 2>&1 </dev/null || [ ! -x "$RABBIT_SERVER" ]; then
    warn_with_log rabbitmq 'apt-get install rabbitmq-server failed' "$log"
    return 1
  fi
  say rabbitmq "installed in $((SECONDS - began_at)) s"
}

can_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

# Asks for the password of sudo before anything runs in the background, where it could not.
rabbitmq_ask_password() { # NAME...
  case " $* " in *' rabbitmq '*) ;; *) return 0 ;; esac
  if [ ! -x "$RABBIT_SERVER" ] && command -v apt-get >/dev/null && command -v sudo >/dev/null && [ -t 0 ]; then
    can_be_root || { say rabbitmq 'is installed with apt-get, once, for which sudo asks' && sudo -v; }
  fi
}

rabbitmq_apt() (
  policy=/usr/sbin/policy-rc.d
  # The package would start RabbitMQ as a service, on the same port.
  if [ ! -e "$policy" ]; then
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  # With no package lists, or old ones, the first attempt fails.
  apt_install || { as_root apt-get update && apt_install; } || exit 1
  # Nor shall it start with the machine.
  [ ! -d /run/systemd/system ] || as_root systemctl disable rabbitmq-server.service epmd.socket || true
)

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=300 rabbitmq-server
}

# ---- run ---------------------------------------------------------------------------------------------------------

# An open port is not enough: the broker must answer the protocol header with a method frame, which begins with 1.
rabbitmq_ready() {
  (
    exec 3<>"/dev/tcp/127.0.0.1/$RABBIT_PORT" || exit 1
    printf 'AMQP\0\0\011\001' >&3
    IFS= read -r -t 2 -d '' -n 1 -u 3 byte && [ "$byte" = $'\001' ]
  ) 2>/dev/null
}

rabbitmq_launch() {
  local folder=$DATA/rabbitmq-$RABBIT_PORT
  [ -n "$BROKERS_KEEP_DATA" ] || rm -rf "$folder"
  mkdir -p "$folder"
  : >"$folder/env.conf"
  echo '[].' >"$folder/plugins"
  rabbitmq_config >"$folder/rabbitmq.conf"
  # RUNNING_UNDER_SYSTEMD makes the script exec the Erlang VM: the pid is that of the VM itself.
  # HOME is where the Erlang cookie goes; all other variables keep the system's own files and ports out of it.
  detach rabbitmq env -u NOTIFY_SOCKET RUNNING_UNDER_SYSTEMD=true HOME="$folder" \
    RABBITMQ_NODENAME="$RABBIT_NODE" RABBITMQ_MNESIA_BASE="$folder/mnesia" RABBITMQ_PID_FILE="$folder/pid" \
    RABBITMQ_LOG_BASE="$folder/log" RABBITMQ_LOGS=- \
    RABBITMQ_CONFIG_FILE="$folder/rabbitmq.conf" RABBITMQ_CONF_ENV_FILE="$folder/env.conf" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins" RABBITMQ_DIST_PORT="$RABBIT_DIST_PORT" \
    ERL_EPMD_PORT="$RABBIT_EPMD_PORT" ERL_EPMD_ADDRESS=127.0.0.1 ERL_CRASH_DUMP=/dev/null \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='+S 2:2 -kernel inet_dist_use_interface {127,0,0,1}' \
    "$RABBIT_SERVER"
}

rabbitmq_config() {
  cat <<END
listeners.tcp.1 = 127.0.0.1:$RABBIT_PORT
loopback_users = none
log.console = true
log.console.level = $RABBIT_LOG
vm_memory_calculation_strategy = erlang
vm_memory_high_watermark.absolute = 512MB
disk_free_limit.absolute = 50MB
END
}

# epmd, the Erlang port mapper, outlives its node. It refuses to go while it still counts a node as alive.
rabbitmq_after_stop() {
  local polls=0
  while port_open "$RABBIT_EPMD_PORT" && [ "$polls" -lt 50 ]; do
    ERL_EPMD_PORT=$RABBIT_EPMD_PORT ERL_EPMD_ADDRESS=127.0.0.1 epmd -kill >/dev/null 2>&1
    polls=$((polls + 1))
    sleep 0.1
  done
}
