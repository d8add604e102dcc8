#!/usr/bin/env bash
# SLURM on one machine: starts munge, slurmctld and slurmd, submits the template of docs/cluster.md for two ranks, requeues
# the job in mid-run, and holds its end against that of an undisturbed job. Needs root, slurm-wlm and munge (Debian:
# apt-get install slurm-wlm munge). Usage: tests/cluster/slurm.sh [FOLDER]
set -uo pipefail
cd "$(dirname "$0")/../.."
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
folder=$(realpath "$folder")
export PYTHON=${PYTHON:-$PWD/.venv/bin/python} SLURM_CONF=$folder/slurm.conf
export OMP_NUM_THREADS=1 WANDB_MODE=disabled

clean() {
    scancel --user root 2>/dev/null
    for daemon in slurmd slurmctld munged; do
        [ -e "$folder/$daemon.pid" ] && kill "$(cat "$folder/$daemon.pid")" 2>/dev/null
    done
}
trap clean EXIT

dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 status=none
chmod 600 "$folder/munge.key"
chown munge "$folder/munge.key" 2>/dev/null
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munged.seed" || exit 1
cat >"$SLURM_CONF" <<CONF
ClusterName=one
SlurmctldHost=$(hostname -s)
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MinJobAge=600
KillWait=60
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
SlurmdParameters=config_overrides
NodeName=$(hostname -s) CPUs=2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
mkdir -p "$folder/state" "$folder/spool"
slurmctld && slurmd || exit 1
for _ in $(seq 30); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 1; done
sinfo
$PYTHON -c "
from pathlib import Path
from tests.synthetic import tiny_store
tiny_store(Path('$folder/tiny.h5'))"

# job NAME: submits the template of the documentation, with what is this machine's own.
job() {
    sed -n '/^#!\/bin\/bash/,/^```/p' docs/cluster.md | sed '$d' >"$folder/template.sh"
    sbatch --parsable --job-name="$1" --output="$folder/$1.log" --open-mode=append --time=10 --gres=none --mem=0 \
        --nodes=1 --ntasks-per-node=2 --cpus-per-task=1 --export=ALL,PYTHON,ARGUMENTS="--config tests/cluster/small.yaml \
--data.path $folder/tiny.h5 --save_dir $folder/$1 --trainer.devices 2 --trainer.num_nodes 1 --trainer.strategy ddp \
--trainer.max_epochs ${EPOCHS:-60}" "$folder/template.sh"
}
state() { scontrol show job "$1" | grep -o 'JobState=[A-Z]*\|Restarts=[0-9]*' | tr '\n' ' '; }
finish() {
    until scontrol show job "$1" | grep -q 'JobState=\(COMPLETED\|FAILED\|CANCELLED\|TIMEOUT\|NODE_FAIL\)'; do sleep 1; done
    echo "job $1: $(state "$1")"
}
begun() { until [ -e "$folder/$1/small/version_0/checkpoints/last.ckpt" ]; do sleep 0.5; done; }

undisturbed=$(job undisturbed)
finish "$undisturbed"
for how in requeue usr1; do
    id=$(job $how)
    begun $how
    if [ $how = requeue ]; then scontrol requeue "$id"; else scancel --signal=USR1 "$id"; fi
    sleep 2
    echo "job $id after $how: $(state "$id")"
    # A requeued job waits two minutes unless it is told otherwise.
    scontrol update JobId="$id" StartTime=now 2>/dev/null
    finish "$id"
    grep -h 'received\|queued again\|going on\|^error' "$folder/$how.log"
done
$PYTHON - "$folder" <<'PYTHON'
import sys
from pathlib import Path
from tests.cluster.kill_and_resume import compare, final_state
one, *others = (final_state(Path(sys.argv[1]) / name) for name in ("undisturbed", "requeue", "usr1"))
for other in others:
    compare(one, other)
print(f"identical after {one['global_step']} steps")
PYTHON
