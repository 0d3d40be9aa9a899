# Starts nats-server, order_service and activity_service on one machine; sourced by `up` and `demo`.
#
#   start_stack DIR NATS_PORT ORDERS ORDERS_HTTP ACTIVITY ACTIVITY_HTTP   (HOST:PORT; port 0 or -1 for NATS: a free one)
#   stop_stack                                                            (for the EXIT trap)
#
# Sets nats_url, orders and activity to where they listen.
#
# Each process has a session of its own, where the terminal's Ctrl-C does not reach it: stop_stack's signal is then the
# first, and a service takes a second one for an order to end by force.

# Where the binaries are; STACK_BIN names another folder.
bin=${STACK_BIN:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)/build/release/bin}
services=()  # pids, in order of start
nats_pid=

# wait_for WHAT PID LOG COMMAND…: runs COMMAND until it succeeds, at most 20 seconds; prints what it printed.
wait_for() {
  local what=$1 pid=$2 log=$3 tries
  shift 3
  for ((tries = 0; tries < 200; ++tries)); do
    "$@" 2>/dev/null && return
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  printf '%s did not start; the end of its log:\n' "$what" >&2
  tail -n 20 "$log" >&2
  exit 1
}

start_nats() {
  local dir=$1 port=$2
  mkdir -p "$dir/nats"
  rm -f "$dir"/nats/nats-server_*.ports
  setsid nats-server -js -sd "$dir/nats" -a 127.0.0.1 -p "$port" --ports_file_dir "$dir/nats" >"$dir/nats.log" 2>&1 &
  nats_pid=$!
  nats_url=$(wait_for nats-server $nats_pid "$dir/nats.log" grep -oh 'nats://[0-9.:]*' -r "$dir/nats" --include '*.ports')
}

# start_service NAME DIR LISTEN HTTP: prints nothing; sets `address`.
start_service() {
  local name=$1 dir=$2
  setsid "$bin/$name" --listen="$3" --http="$4" --nats="$nats_url" --database="sqlite:$dir/$name.db" \
    >"$dir/$name.out" 2>"$dir/$name.log" &
  services+=($!)
  address=$(wait_for "$name" $! "$dir/$name.log" grep -m 1 '^ready ' "$dir/$name.out")
  address=${address#ready }
}

start_stack() {
  mkdir -p "$1"
  start_nats "$1" "$2"
  start_service order_service "$1" "$3" "$4"
  orders=$address
  start_service activity_service "$1" "$5" "$6"
  activity=$address
}

# Ends everything, services first, so that they still find the bus.
stop_stack() {
  local i
  for ((i = ${#services[@]} - 1; i >= 0; --i)); do end "${services[i]}"; done
  [ -z "$nats_pid" ] || end "$nats_pid"
  services=() nats_pid=
}

# end PID: asks a process to end and waits for it, whatever its exit code.
end() {
  kill -TERM "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
