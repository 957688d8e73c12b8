#!/usr/bin/env bash
# A real SLURM on this one machine, for tests: munge, MariaDB, slurmdbd, slurmctld and two slurmd.
#
#   tests/cluster/slurm.sh up       install missing packages and start missing daemons (a second call only reports)
#   tests/cluster/slurm.sh env      print the variables for a shell: eval "$(tests/cluster/slurm.sh env)"
#   tests/cluster/slurm.sh down     stop exactly the processes that `up` started
#   tests/cluster/slurm.sh purge    the same, and remove the folder with its state
#   tests/cluster/slurm.sh status   exit with 0 if it runs
#   tests/cluster/slurm.sh restart NAME    stop and start slurmctld, slurmdbd, cpu1 or gpu1
#   tests/cluster/slurm.sh stop NAME       stop one of them; `up` starts it again
#
# One folder ($TFMOE_SLURM, /var/lib/tfmoe-slurm) holds everything except Debian's packages: configuration,
# keys, sockets, database. It uses its own ports and sockets and does not read /etc/slurm or /etc/munge, so
# that it does not disturb an installed SLURM.
#
#   cpu1  partition cpu (the default)   8 CPUs, 16000 MB
#   gpu1  partition gpu                 8 CPUs, 16000 MB, two fake GPUs (gres gpu:fake:2)
#
# Partition `both` contains both nodes. CPUs and memory are declared, not detected, so that jobs of realistic
# size can be queued on a small machine.
# Exit status 77: it cannot run here; the last line states the reason.
set -euo pipefail

STATE=${TFMOE_SLURM:-/var/lib/tfmoe-slurm}
HOST=$(hostname -s)
CONTROLLER_PORT=26817 DATABASE_DAEMON_PORT=26819 DATABASE_PORT=23306 NODE_PORTS=(27001 27002)
PACKAGES=(slurmctld slurmd slurm-client slurmdbd munge mariadb-server mariadb-client)
DAEMONS=(slurmctld slurmdbd cpu1 gpu1)

log() { echo "slurm.sh [$SECONDS s]: $*" >&2; }
cannot() { echo "slurm.sh: cannot run here: $*" >&2; exit 77; }
fail() {
    log "ERROR: $*"
    for file in "$STATE"/log/*.log; do
        [ -s "$file" ] && { echo "--- $file" >&2; tail -n 15 "$file" >&2; }
    done
    exit 1
}
wait_for() { # wait_for SECONDS WHAT COMMAND...
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $until ] || fail "$what: not ready in time"
        sleep 0.2
    done
}
environment() {
    cat <<TEXT
export SLURM_CONF=$STATE/etc/slurm.conf
export PATH=$STATE/bin:\$PATH
TEXT
}
# whether the recorded process is still the one that was started
running() { # running NAME
    local file=$STATE/run/$1.pid
    [ -s "$file" ] && tr '\0' ' ' <"/proc/$(cat "$file")/cmdline" 2>/dev/null | grep -qF "$STATE"
}
stop() { # stop NAME
    local pid
    running "$1" || { rm -f "$STATE/run/$1.pid"; return 0; }
    pid=$(cat "$STATE/run/$1.pid")
    kill -TERM "$pid"
    for _ in $(seq 75); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.2
    done
    if kill -KILL "$pid" 2>/dev/null; then log "$1: killed"; else log "$1: stopped"; fi
    rm -f "$STATE/run/$1.pid"
}

install_packages() {
    local missing=() package
    for package in "${PACKAGES[@]}"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    log "apt-get install ${missing[*]}"
    # Debian would start the packaged services: keep them off
    if [ ! -e /usr/sbin/policy-rc.d ]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
        chmod +x /usr/sbin/policy-rc.d
    fi
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
        >"$STATE/log/apt.out" 2>&1 || { tail -n 20 "$STATE/log/apt.out" >&2; cannot "apt-get could not install ${missing[*]}"; }
    rm -f /usr/sbin/policy-rc.d
    trap - EXIT
}

make_folders() {
    mkdir -p "$STATE"/{bin,etc,run,log,controller,dev,spool/cpu1,spool/gpu1}
    chmod 755 "$STATE" "$STATE"/*
    local device
    for device in 0 1; do # the digit becomes CUDA_VISIBLE_DEVICES; slurmd insists on character devices
        [ -c "$STATE/dev/gpu$device" ] || mknod -m 666 "$STATE/dev/gpu$device" c 1 3 2>/dev/null \
            || cannot "mknod is forbidden, and a GPU has to be a device"
    done
    # jobs of the executor start srun without SLURM_CONF, which would find another SLURM or none
    printf '#!/bin/sh\nSLURM_CONF=%s/etc/slurm.conf exec /usr/bin/srun "$@"\n' "$STATE" >"$STATE/bin/srun"
    chmod 755 "$STATE/bin/srun"
}

memory_limits() { # the kernel kills a job that exceeds its memory if cgroups (v1) are writable, or else slurmd does
    local groups=/sys/fs/cgroup
    if [ -e $groups/memory/memory.limit_in_bytes ] && [ -d $groups/freezer ] \
        && mkdir -p $groups/{memory,freezer}/slurm_cpu1 2>/dev/null; then
        echo "TaskPlugin=task/cgroup"
    else
        printf 'TaskPlugin=task/none\nJobAcctGatherParams=OverMemoryKill\n'
    fi
}

write_configuration() {
    local before
    before=$(cksum "$STATE/etc/slurm.conf" 2>/dev/null || true)
    cat >"$STATE/etc/slurm.conf" <<TEXT
ClusterName=tfmoe
SlurmctldHost=$HOST(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$STATE/munge/munge.socket
SlurmctldPort=$CONTROLLER_PORT
SlurmctldPidFile=$STATE/run/slurmctld.pid
SlurmdPidFile=$STATE/run/%n.pid
SlurmctldLogFile=$STATE/log/slurmctld.log
SlurmdLogFile=$STATE/log/%n.log
StateSaveLocation=$STATE/controller
SlurmdSpoolDir=$STATE/spool/%n
ProctrackType=proctrack/linuxproc
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=1
$(memory_limits)
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=2,bf_interval=2,batch_sched_delay=0,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
GresTypes=gpu
DefMemPerCPU=500
MinJobAge=300
KillWait=3
OverTimeLimit=0
InactiveLimit=0
SlurmctldTimeout=30
SlurmdTimeout=20
AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort=$DATABASE_DAEMON_PORT
AccountingStoragePass=$STATE/munge/munge.socket
AccountingStorageTRES=gres/gpu
AccountingStoreFlags=job_comment
AccountingStorageEnforce=associations
NodeName=cpu1 NodeHostname=$HOST NodeAddr=127.0.0.1 Port=${NODE_PORTS[0]} CPUs=8 Sockets=1 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=16000
NodeName=gpu1 NodeHostname=$HOST NodeAddr=127.0.0.1 Port=${NODE_PORTS[1]} CPUs=8 Sockets=1 CoresPerSocket=8 ThreadsPerCore=1 RealMemory=16000 Gres=gpu:fake:2
PartitionName=cpu Nodes=cpu1 Default=YES MaxTime=1-00:00:00 State=UP
PartitionName=gpu Nodes=gpu1 Default=NO MaxTime=1-00:00:00 State=UP
PartitionName=both Nodes=cpu1,gpu1 Default=NO MaxTime=1-00:00:00 State=UP
TEXT
    cat >"$STATE/etc/gres.conf" <<TEXT
AutoDetect=off
NodeName=gpu1 Name=gpu Type=fake File=$STATE/dev/gpu[0-1]
TEXT
    cat >"$STATE/etc/cgroup.conf" <<TEXT
CgroupAutomount=no
ConstrainCores=no
ConstrainRAMSpace=yes
ConstrainSwapSpace=no
ConstrainDevices=no
TEXT
    cat >"$STATE/etc/slurmdbd.conf" <<TEXT
AuthType=auth/munge
AuthInfo=socket=$STATE/munge/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort=$DATABASE_DAEMON_PORT
SlurmUser=root
PidFile=$STATE/run/slurmdbd.pid
LogFile=$STATE/log/slurmdbd.log
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort=$DATABASE_PORT
StorageUser=slurm
StoragePass=slurm
StorageLoc=accounting
TEXT
    chmod 600 "$STATE/etc/slurmdbd.conf"
    # restart daemons of an older configuration
    if [ -n "$before" ] && [ "$before" != "$(cksum "$STATE/etc/slurm.conf")" ]; then down; fi
}

start_munge() {
    running munged && return
    install -d -o munge -g munge -m 755 "$STATE/munge"
    [ -s "$STATE/munge/key" ] || dd if=/dev/urandom of="$STATE/munge/key" bs=128 count=1 status=none
    chown munge:munge "$STATE/munge/key"
    chmod 400 "$STATE/munge/key"
    runuser -u munge -- /usr/sbin/munged --key-file="$STATE/munge/key" --socket="$STATE/munge/munge.socket" \
        --pid-file="$STATE/munge/munged.pid" --log-file="$STATE/munge/munged.log" --seed-file="$STATE/munge/seed" \
        || fail "munged did not start"
    wait_for 10 munged munge --socket="$STATE/munge/munge.socket" -n
    cp "$STATE/munge/munged.pid" "$STATE/run/munged.pid"
}

start_database() {
    running mariadbd && return
    local folder=$STATE/database socket=$STATE/database/socket
    install -d -o mysql -g mysql -m 750 "$folder"
    [ -d "$folder/data/mysql" ] || mariadb-install-db --no-defaults --user=mysql --datadir="$folder/data" --tmpdir="$folder" \
        --auth-root-authentication-method=socket --skip-test-db >"$STATE/log/mariadb-install.out" 2>&1 || fail "mariadb-install-db"
    setsid mariadbd --no-defaults --user=mysql --datadir="$folder/data" --tmpdir="$folder" \
        --socket="$socket" --port=$DATABASE_PORT \
        --bind-address=127.0.0.1 --pid-file="$folder/pid" --innodb-buffer-pool-size=64M --innodb-lock-wait-timeout=900 \
        --log-error="$folder/log" >/dev/null 2>&1 </dev/null &
    wait_for 60 mariadbd mariadb-admin --no-defaults --socket="$socket" ping
    cp "$folder/pid" "$STATE/run/mariadbd.pid"
    mariadb --no-defaults --socket="$socket" -e "CREATE DATABASE IF NOT EXISTS accounting;
        CREATE USER IF NOT EXISTS 'slurm'@'127.0.0.1' IDENTIFIED BY 'slurm';
        CREATE USER IF NOT EXISTS 'slurm'@'localhost' IDENTIFIED BY 'slurm';
        GRANT ALL ON accounting.* TO 'slurm'@'127.0.0.1'; GRANT ALL ON accounting.* TO 'slurm'@'localhost';" \
        || fail "the accounting database could not be created"
}

start() { # start NAME: start a daemon of SLURM, which writes its own PID file
    running "$1" && return
    case $1 in
        slurmctld) /usr/sbin/slurmctld -f "$SLURM_CONF" ;;
        # slurmdbd reads its configuration from the folder of SLURM_CONF; the name shows whose daemon it is
        slurmdbd) (exec -a "slurmdbd $STATE" /usr/sbin/slurmdbd) ;;
        *) /usr/sbin/slurmd -f "$SLURM_CONF" -N "$1" ;;
    esac || fail "$1 did not start"
}

name_account() {
    [ -n "$(sacctmgr -n show cluster tfmoe format=cluster)" ] || sacctmgr -i add cluster tfmoe >/dev/null
    [ -n "$(sacctmgr -n show account test format=account)" ] \
        || sacctmgr -i add account test cluster=tfmoe Description=test Organization=test >/dev/null
    [ -n "$(sacctmgr -n show assoc user=root account=test format=user)" ] || sacctmgr -i add user root account=test >/dev/null
}

nodes_are_up() {
    local states
    states=$(sinfo -h -N -p cpu,gpu -o %T)
    [ "$(wc -w <<<"$states")" = 2 ] && ! grep -qvE '^(idle|mixed|allocated|completing)$' <<<"$states"
}

up() {
    [ "$(id -u)" = 0 ] || cannot "it needs root (slurmd, munged and the fake GPUs' devices do); use a container"
    command -v apt-get >/dev/null || cannot "it needs Debian's packages (${PACKAGES[*]}), and apt-get is not here"
    mkdir -p "$STATE/log"
    install_packages
    make_folders
    write_configuration
    eval "$(environment)"
    start_munge
    start_database
    start slurmdbd
    wait_for 30 slurmdbd sacctmgr -n -i show cluster
    name_account
    start slurmctld
    wait_for 30 slurmctld scontrol ping
    start cpu1
    start gpu1
    scontrol update nodename=cpu1,gpu1 state=resume >/dev/null 2>&1 || true
    wait_for 40 "the nodes" nodes_are_up
    log "up: $(sinfo -h -N -p cpu,gpu -o '%N in %P %T' | paste -sd ',')"
}

down() {
    local name
    if running slurmctld; then
        eval "$(environment)"
        timeout 10 scancel --user=root --full >/dev/null 2>&1 || true
        for _ in $(seq 30); do
            [ -n "$(timeout 5 squeue -h 2>/dev/null)" ] || break
            sleep 0.3
        done
    fi
    for name in gpu1 cpu1 slurmctld slurmdbd mariadbd munged; do stop "$name"; done
    find /sys/fs/cgroup/{memory,freezer,cpuset,devices}/slurm_{cpu1,gpu1} -depth -type d -exec rmdir {} + 2>/dev/null || true
}

known() { [[ " ${DAEMONS[*]} " == *" ${1:-} "* ]] || { sed -n 2,13p "$0" >&2; exit 2; }; }

case ${1:-} in
    up) up ;;
    env) environment ;;
    down) down ;;
    status) running slurmctld ;;
    purge) down; rm -rf "$STATE" ;;
    stop) known "${2:-}"; stop "$2" ;;
    restart) known "${2:-}"; eval "$(environment)"; stop "$2"; start "$2" ;;
    *) known ;;
esac
