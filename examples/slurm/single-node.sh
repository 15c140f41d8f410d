#!/usr/bin/env bash
# Slurm on one Debian machine, to try job arrays without a cluster: one node, one partition, its own folder. Needs root.
#   single-node.sh start    install slurm-wlm where it is missing, start munged, slurmctld and slurmd
#   single-node.sh stop     stop what it started
# Afterwards: export SLURM_CONF=/var/tmp/slurm-single/slurm.conf, then sinfo, sbatch, squeue, …
set -euo pipefail
home=${SLURM_SINGLE:-/var/tmp/slurm-single}
export SLURM_CONF=$home/slurm.conf

say() { printf '%s\n' "$*" >&2; }

install_missing() {
    command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null && return
    say "installing slurm-wlm"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends slurm-wlm munge >/dev/null
}

# No cgroups, no accounting: what a container has is enough.
configure() {
    local node; node=$(hostname -s)
    mkdir -p "$home/state" "$home/spool" "$home/log" "$home/run"
    cat >"$SLURM_CONF" <<CONF
ClusterName=single
SlurmctldHost=$node(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool
SlurmctldPidFile=$home/run/slurmctld.pid
SlurmdPidFile=$home/run/slurmd.pid
SlurmctldLogFile=$home/log/slurmctld.log
SlurmdLogFile=$home/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
JobRequeue=1
KillWait=30
NodeName=$node NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(awk '/MemTotal/ { print int($2 / 1024 * 0.9) }' /proc/meminfo) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
}

running() { [ -f "$1" ] && kill -0 "$(cat "$1")" 2>/dev/null; }

start() {
    [ "$(id -u)" = 0 ] || { say "error: run it as root"; exit 1; }
    install_missing
    configure
    if ! munge -n >/dev/null 2>&1; then
        install -d -o munge -g munge -m 0755 /run/munge
        runuser -u munge -- munged
        touch "$home/run/munged"
    fi
    running "$home/run/slurmctld.pid" || slurmctld
    running "$home/run/slurmd.pid" || slurmd
    for _ in $(seq 30); do
        if sinfo --noheader --format %t 2>/dev/null | grep -qE '^(idle|mix|alloc)$'; then sinfo; return; fi
        sleep 1
    done
    say "error: the node did not come up; see $home/log"
    exit 1
}

stop() {
    for daemon in slurmd slurmctld; do
        if running "$home/run/$daemon.pid"; then kill "$(cat "$home/run/$daemon.pid")"; fi
    done
    if [ -f "$home/run/munged" ]; then
        runuser -u munge -- munged --stop
        rm "$home/run/munged"
    fi
}

case ${1:-} in
    start) start ;;
    stop) stop ;;
    *) say "usage: single-node.sh start | stop"; exit 2 ;;
esac
