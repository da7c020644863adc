# The peers of the training benchmark, each with a short list of settings; sourced by training.sh and functions.sh.
# A setting is a name without blanks; peers are "torch" and "kann". Each is tried with one thread; with two, the best of
# these settings is tried with the ways to use two threads.
# shellcheck shell=sh

libraries=/usr/lib/$(cc -print-multiarch 2>/dev/null || echo x86_64-linux-gnu)
tcmalloc=$libraries/libtcmalloc_minimal.so.4
openmp=$libraries/openblas-openmp

# has_peer PEER MODEL
has_peer() {
    case $1-$2 in
    torch-*) [ -n "${python:-}" ] ;;
    kann-regression | kann-convnet_bn | kann-resnet_small) false ;; # no batch normalisation; images only
    kann-*) [ -n "${kann:-}" ] ;;
    esac
}

has_convolutions() {
    case $1 in cnn | lenet5 | vgg | convnet_bn | resnet_small) ;; *) false ;; esac
}

# settings_of PEER MODEL THREADS: the settings to try. PyTorch with two threads: one pool of threads (OpenBLAS for OpenMP
# shares PyTorch's), or its own threads alone.
settings_of() {
    case $1-$3 in
    torch-1)
        echo default
        grep -m 1 '^flags' /proc/cpuinfo | grep -qw avx512f && echo avx512
        has_convolutions "$2" || return 0
        echo channels_last
        grep -m 1 '^flags' /proc/cpuinfo | grep -qw avx512f && echo avx512+channels_last
        return 0
        ;;
    torch-*)
        [ ! -e "$openmp" ] || echo "$(cat "$work/$2.torch.1.best")+one_pool"
        echo "$(cat "$work/$2.torch.1.best")+own_threads"
        ;;
    kann-1) printf '%s\n' openblas own_loops ;;
    kann-*)
        echo "$(cat "$work/$2.kann.1.best")+kann_threads"
        echo openblas+openblas_threads
        ;;
    esac
}

# torch MODEL THREADS SETTING EPOCHS STEPS [test] [predict]: PyTorch's program; its usage in $work/torch.usage
torch() {
    torch_model=$1 torch_threads=$2 torch_setting=$3 torch_epochs=$4 torch_steps=$5
    shift 5
    set -- "$python" "$here/torch_train.py" "$torch_model" "$(data_of "$torch_model")" "$torch_threads" "$torch_epochs" \
        "$torch_steps" "$@"
    case $torch_setting in *channels_last*) set -- "$@" channels_last ;; esac
    case $torch_setting in *avx512*) set -- ATEN_CPU_CAPABILITY=avx512 "$@" ;; esac
    case $torch_setting in
    *one_pool) set -- LD_LIBRARY_PATH="$openmp" "$@" ;;
    *) set -- OPENBLAS_NUM_THREADS=1 OMP_WAIT_POLICY=passive "$@" ;;
    esac
    [ ! -e "$tcmalloc" ] || set -- LD_PRELOAD="$tcmalloc" "$@"
    "$work/measure" "$work/torch.usage" env OMP_NUM_THREADS="$torch_threads" "$@"
}

# kann MODEL THREADS SETTING EPOCHS STEPS [test]
kann() {
    kann_model=$1 kann_program=$work/kann_openblas kann_own=$2 kann_blas=1
    case $3 in
    own_loops*) kann_program=$work/kann_own_loops ;;
    *openblas_threads) kann_own=1 kann_blas=$2 ;;
    esac
    shift 3
    "$work/measure" "$work/kann.usage" env OPENBLAS_NUM_THREADS=$kann_blas "$kann_program" "$kann_model" \
        "$(data_of "$kann_model")" "$kann_own" "$@"
}

# choose PEER MODEL THREADS STEPS: the fastest setting, also in $work/MODEL.PEER.THREADS.best; each is tried for two
# epochs of at most 150 steps, the second of which counts. A setting that fails (a wrong product among them) is out.
choose() {
    choose_steps=$4
    [ "$choose_steps" -gt 0 ] && [ "$choose_steps" -lt 150 ] || choose_steps=150
    for choose_setting in $(settings_of "$1" "$2" "$3"); do
        "$1" "$2" "$3" "$choose_setting" 2 "$choose_steps" 2>"$work/peer.err" |
            awk -v name="$choose_setting" '$1 == "epoch" { last = $2; n++ } END { if (n == 2) print last, name }'
        [ ! -s "$work/peer.err" ] || sed "s/^/bench: $1, $choose_setting: /" "$work/peer.err" >&2
    done | sort -g | sed -n '1s/.* //p' >"$work/$2.$1.$3.best"
    cat "$work/$2.$1.$3.best"
}
