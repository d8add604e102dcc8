#!/usr/bin/env bash
# Two "machines" on one: network namespaces joined by a veth pair. A fit over both runs undisturbed; another loses the
# link in mid-run, both sides must end with an error within a minute, and the run must end the same once it is resumed.
# Needs root and iproute2 (Debian: apt-get install iproute2). Usage: tests/cluster/two_machines.sh [FOLDER]
set -uo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-$(mktemp -d)}
python=${PYTHON:-.venv/bin/python}
export OMP_NUM_THREADS=1 WANDB_MODE=disabled GLOO_SOCKET_IFNAME=veth TORCHELASTIC_ERROR_FILE=
mkdir -p "$folder"
folder=$(realpath "$folder")

clean() { ip netns del machine0 2>/dev/null; ip netns del machine1 2>/dev/null; }
trap clean EXIT
clean
ip netns add machine0 && ip netns add machine1 || exit 1
ip link add veth netns machine0 type veth peer name veth netns machine1 || exit 1
for node in 0 1; do
    ip -n machine$node addr add 10.77.0.$((node + 1))/24 dev veth
    ip -n machine$node link set lo up
    ip -n machine$node link set veth up
done
$python -c "
from pathlib import Path
from tests.synthetic import tiny_store
tiny_store(Path('$folder/tiny.h5'))"

# fit NAME: starts both sides; their process ids are in pids, their output in FOLDER/NAME.SIDE.log.
fit() {
    pids=()
    for node in 0 1; do
        ip netns exec machine$node $python -m torch.distributed.run --nnodes 2 --nproc-per-node 1 --node-rank $node \
            --master-addr 10.77.0.1 --master-port 29577 -m action_rec fit --config tests/cluster/small.yaml \
            --data.path "$folder/tiny.h5" --save_dir "$folder/$1" --ckpt_path last \
            --trainer.num_nodes 2 --trainer.devices 1 --trainer.max_epochs "${EPOCHS:-60}" \
            --trainer.strategy DDPStrategy --trainer.strategy.timeout 0:00:30 >>"$folder/$1.$node.log" 2>&1 &
        pids+=($!)
    done
}
ended() { wait "${pids[0]}"; first=$?; wait "${pids[1]}"; second=$?; }

fit undisturbed
ended
echo "undisturbed: statuses $first $second"
fit cut
until [ -e "$folder/cut/small/version_0/checkpoints/last.ckpt" ]; do
    kill -0 "${pids[0]}" 2>/dev/null || { echo "FAILED: ended before it was cut"; tail "$folder"/cut.*.log; exit 1; }
    sleep 0.2
done
sleep 1
ip -n machine0 link set veth down
begin=$(date +%s)
ended
echo "link cut: both sides ended after $(($(date +%s) - begin)) s with statuses $first $second"
grep -h '^error' "$folder"/cut.?.log
ip -n machine0 link set veth up
fit cut
ended
echo "resumed: statuses $first $second"
grep -h '^going on' "$folder"/cut.0.log
$python - "$folder" <<'PYTHON'
import sys
from pathlib import Path
from tests.cluster.kill_and_resume import compare, final_state
one, other = (final_state(Path(sys.argv[1]) / name) for name in ("undisturbed", "cut"))
compare(one, other)
print(f"identical after {other['global_step']} steps")
PYTHON
